"""A table that compares: a column each, in a frame that scrolls sideways when it is narrow."""

import html
from collections.abc import Iterable, Sequence
from itertools import zip_longest


def comparison_table(
    label: str,
    titles: Sequence[str],
    rows: Iterable[tuple[str, Sequence[str]]],
    colours: Sequence[str] = (),
) -> str:
    """Return the HTML of the table; all texts are shown as they are.

    Args:
        label: what is compared, for those who cannot see the table.
        titles: one a column.
        rows: the name of each, and a text a column.
        colours: of the lines below the titles, from the first on.
    """
    styles = [f' style="border-bottom-color: {colour}"' for colour in colours[: len(titles)]]
    heads = "".join(
        f'<th scope="col"{style}>{html.escape(title)}</th>'
        for title, style in zip_longest(titles, styles, fillvalue="")
    )
    body = "".join(
        f'<tr><th scope="row">{html.escape(name)}</th>'
        + "".join(f"<td>{html.escape(text)}</td>" for text in texts)
        + "</tr>"
        for name, texts in rows
    )
    return (
        f'<div class="side-by-side" role="region" aria-label="{html.escape(label)}" tabindex="0">'
        f"<table><thead><tr><td></td>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )
