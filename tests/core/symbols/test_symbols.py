import json

import numpy as np
import pytest

from mnist_app.core.errors import DigitLabError
from mnist_app.core.ink.drawings import Drawing
from mnist_app.core.recognition.answers import NONE_OF_YOURS
from mnist_app.core.symbols.symbols import (
    LONGEST_NAME,
    MOST,
    MOST_CLASSES,
    Example,
    Symbols,
    drawn_example,
    from_json_lines,
)
from tests.support.symbols import symbol

CHANCE = np.random.default_rng(0)


def example(label: int, name: str = "star") -> Example:
    return drawn_example(label, symbol(name, CHANCE))


def named(*names: str) -> Symbols:
    symbols = Symbols()
    for name in names:
        symbols = symbols.with_class(name)
    return symbols


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (" \n", "Type a name"),
        ("x" * (LONGEST_NAME + 1), "shorter"),
        ("STAR", "taken"),
        (NONE_OF_YOURS, "taken"),
    ],
)
def test_a_name_that_will_not_do_is_refused_in_a_sentence(text: str, problem: str) -> None:
    with pytest.raises(DigitLabError, match=problem):
        named("star").with_class(text)


def test_names_may_be_emojis_and_hide_nothing() -> None:
    family = "👩\u200d👧"
    assert named(family, "a\u202eb  c").names == (family, "ab c")
    with pytest.raises(DigitLabError, match="up to 10 symbols"):
        named(*map(str, range(MOST_CLASSES))).with_class("one more")


def test_a_class_goes_with_its_examples_and_the_others_keep_theirs() -> None:
    symbols = named("star", "heart", "A")
    for label in (0, 1, 2, 2):
        symbols = symbols.with_example(example(label))
    left = symbols.without_class(1)
    assert (left.names, left.counts) == (("star", "A"), [1, 2])
    assert left.without(left.examples[0]).counts == [0, 2]


def test_what_is_written_is_read_again_with_empty_classes_and_photographs() -> None:
    photo = Example(1, np.arange(784, dtype=np.uint8).reshape(28, 28))
    symbols = named("star", "heart", "A").with_example(example(0)).with_example(photo)
    read = from_json_lines(symbols.as_json_lines())
    assert (read.names, read.counts) == (symbols.names, [1, 1, 0])
    assert np.array_equal(read.examples[1].image, photo.image)
    difference = read.examples[0].image.astype(int) - symbols.examples[0].image
    assert np.abs(difference).mean() < 3
    # Once more changes nothing: an example keeps its points.
    assert read.as_json_lines() == from_json_lines(read.as_json_lines()).as_json_lines()


def test_of_a_scribble_only_the_picture_is_kept() -> None:
    points = CHANCE.uniform(0, 100, (500, 2))
    scribble = drawn_example(0, Drawing([points], 8))
    assert not scribble.strokes
    assert scribble.image.any()
    assert len(named("star").with_example(scribble).as_json_lines()) < 2000


@pytest.mark.parametrize(
    "text",
    [
        "no JSON",
        "[]",
        '{"label": 0}',
        '{"label": 3, "name": "far", "strokes": []}',
        '{"label": "0", "name": "text", "strokes": []}',
        '{"label": 0, "name": "star", "pixels": "AAAA"}',
        '{"label": 0, "name": "star", "strokes": [[["x", 2]]]}',
        '{"label": 0, "name": "star", "strokes": [[[1e300, 2]]]}',
        "[" * 100_000,
        "".join(
            json.dumps({"label": 0, "name": "a", "strokes": [[[0, 0], [i, 9]]]}) + "\n"
            for i in range(MOST + 1)
        ),
        '{"label": 0, "name": "a", "strokes": []}\n' * (MOST * MOST_CLASSES + 1),
    ],
)
def test_what_a_stranger_wrote_is_refused(text: str) -> None:
    with pytest.raises(DigitLabError):
        from_json_lines(text)


def test_each_problem_says_what_to_do() -> None:
    assert "at least 2" in named("star").problems()[0]
    symbols = named("star", "heart", "A", "moon").with_example(example(1))
    for _ in range(3):
        symbols = symbols.with_example(example(3, "moon"))
    same = example(2, "A")
    for _ in range(4):
        symbols = symbols.with_example(Example(2, same.image))
    no_drawing, too_few, all_same = symbols.problems()
    assert "no drawing of “star”" in no_drawing
    assert "“heart” needs 3 drawings or more" in too_few
    assert "All drawings of “A” are the same" in all_same
