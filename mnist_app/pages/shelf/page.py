"""The page of all that a visitor made: use it, rename, download, share or delete it."""

import html

import streamlit as st

from mnist_app.core import limits
from mnist_app.core.errors import DigitLabError
from mnist_app.core.models import model_store
from mnist_app.core.models.model_card import TITLE_LENGTH
from mnist_app.core.shelf import shelf
from mnist_app.core.shelf.item_archive import zipped
from mnist_app.core.shelf.shelf import Item
from mnist_app.pages.session.choices import offer_all
from mnist_app.pages.session.kiosk import job_owner
from mnist_app.pages.session.navigation import open_page, show_doors
from mnist_app.pages.session.visitor import visitor
from mnist_app.pages.session.waiting import rerun_after
from mnist_app.pages.session.wording import counted, escape_markdown, show_error
from mnist_app.pages.shelf.things import Thing, things

# Rows that are there at first.
SHOWN = 12
DOORS = (
    ("teach", "Teach it your own symbols", "gesture"),
    ("train", "Train your own network", "school"),
    ("data", "Bring your own pictures", "dataset"),
    ("predictions", "Bring your own network", "upload"),
)


def page() -> None:
    """Show the page."""
    st.title("My things")
    st.write("Everything you made here. You can use, rename, download, share or delete it.")
    try:
        shelf.forget_old()
        _show_room(shelf.items(visitor()))
        made = things(visitor())
    except DigitLabError as error:
        show_error(error)
        return
    if not made:
        st.info("You have not made anything yet. Start here:")
        show_doors(DOORS)
        return
    shows_all = st.session_state.get("all_things", False)
    with st.container(key="things"):
        for thing in made if shows_all else made[:SHOWN]:
            _show_thing(thing)
    offer_all(len(made), SHOWN, "all_things")


def _show_room(items: list[Item]) -> None:
    """Show how much of the room that the host gives each visitor is taken."""
    most, most_mb = limits.most("shelf_items"), limits.most("shelf_mb")
    kept = f"deleted when nobody has used it for {counted(limits.most('shelf_days'), 'day')}"
    if job_owner() is None:
        kept = "kept until the next visitor comes"
    st.caption(
        f"Your own symbols, pictures and networks: {len(items)} of {most:,.0f} things, "
        f"{shelf.total_mb(items):,.0f} of {most_mb:,.0f} MB. Each is {kept}. Only you see these, "
        "unless you share them. What you train on the Train page is for everybody, unless it "
        "learned from your own pictures."
    )


@st.fragment
def _show_thing(thing: Thing) -> None:
    with st.container(key=f"thing_{thing.key}", border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            _show_facts(thing)
            for number, door in enumerate(thing.doors):
                icon = f":material/{door.icon}:"
                if st.button(door.label, key=f"use_{number}_{thing.key}", icon=icon):
                    open_page(door.path, door.link)
        can_share = ", share" if thing.item else ""
        label = f"Rename, download{can_share} or delete"
        with st.expander(label, key=f"more_{thing.key}", on_change="rerun") as more:
            if more.open:
                show_more(thing)


def _show_facts(thing: Thing) -> None:
    is_shared = thing.item is not None and thing.item.is_shared
    facts = " · ".join((*thing.facts, *(["shared with a link"] if is_shared else [])))
    st.html(
        f'<div class="thing"><b>{html.escape(thing.title)}</b><br>'
        f'<span class="quiet">{html.escape(facts)}</span></div>'
    )


def show_more(thing: Thing) -> None:
    """Show what can be done with a thing beyond using it."""
    with st.form(f"rename_{thing.key}", border=False):
        title = st.text_input("Name", thing.title, max_chars=TITLE_LENGTH, key=f"title_{thing.key}")
        if st.form_submit_button("Rename", icon=":material/edit:", key=f"rename_it_{thing.key}"):
            rerun_after(lambda: thing.rename(title))
    st.download_button(
        "Download (ZIP)",
        lambda: zipped(thing.files()),
        f"{model_store.file_stem(thing.title)}.zip",
        "application/zip",
        key=f"download_{thing.key}",
        icon=":material/download:",
        on_click="ignore",
    )
    if thing.item is not None:
        _show_sharing(thing.item, thing)
    question = f"Delete “{escape_markdown(thing.title)}”? It will be gone for good."
    st.write(f"{question} {thing.warning}")
    if st.button("Yes, delete it", key=f"delete_{thing.key}", icon=":material/delete_forever:"):
        rerun_after(thing.delete)


def _show_sharing(item: Item, thing: Thing) -> None:
    """Show whether a thing is shared, and the link to it."""
    now, key = shelf.find(item.id, visitor()), f"share_{item.id}"
    if now is None or now.is_shared != item.is_shared:
        st.rerun()
    # The toggle shows how it is, not what this page last made of it.
    st.session_state[key] = item.is_shared
    st.toggle("Share it with a link", key=key, on_change=_share, args=(item, key))
    if note := st.session_state.pop("share_note", ""):
        show_error(note)
    if item.is_shared:
        st.caption(
            "Anyone with this link can use it. They cannot change it or see anything else of yours."
        )
        st.code(_address(thing), language=None, wrap_lines=True)


def _share(item: Item, key: str) -> None:
    try:
        shelf.share(item, visitor(), st.session_state[key])
    except DigitLabError as error:
        st.session_state.share_note = str(error)


def _address(thing: Thing) -> str:
    """Return the link to what the first door opens."""
    door = thing.doors[0]
    path = "" if door.path == "start" else door.path
    query = "&".join(f"{name}={value}" for name, value in door.link.items())
    return f"{(st.context.url or '').rpartition('/')[0]}/{path}?{query}"
