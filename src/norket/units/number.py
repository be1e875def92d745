"""The one grammar of numbers typed by people: ASCII digits with an optional point, nothing else.

`float()` reads "9_7", "1e3", "٤٠" and "nan"; a dose field must not.
"""

import re

GRAMMAR = re.compile(r"[0-9]{1,4}(\.[0-9]{1,3})?", re.ASCII)
EXPECTED = "a number of 1 to 4 digits, then, if needed, a point and 1 to 3 digits"
EXAMPLE = "0.5"
DECIMALS = 3
SHOWN_CHARACTERS = 200


class NumberError(ValueError):
    """A text that is not a number of the grammar.

    `position` is the index of the first character that is wrong; `expected` and `example` say what to write instead.
    """

    def __init__(self, text: str, position: int, expected: str = EXPECTED, example: str = EXAMPLE) -> None:
        self.text = text
        self.position = position
        self.expected = expected
        self.example = example
        super().__init__(pointed_message(text, position, expected, example))


def pointed_message(text: str, position: int, expected: str, example: str) -> str:
    """`text` on its own line, a caret below the character at `position`, what was expected there, and an example."""
    shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text[:SHOWN_CHARACTERS])
    caret = " " * min(position, SHOWN_CHARACTERS) + "^"
    return f"  {shown}\n  {caret}\nExpected {expected}.\nExample: {example}"


def parse_number(text: str) -> float:
    """The value of `text`, which must be exactly `[0-9]{1,4}(\\.[0-9]{1,3})?` in ASCII, with no blanks around it.

    Zero is a number; whether it makes sense is for the field to say. Raises `NumberError` with the place otherwise.
    """
    if GRAMMAR.fullmatch(text):
        return float(text)
    raise NumberError(text, first_wrong_character(text))


def first_wrong_character(text: str) -> int:
    """The index at which `text` stops being a number of the grammar (its length, if only the end is missing)."""
    match = GRAMMAR.match(text)
    if match is None:
        return 0
    end = match.end()
    after_point = end + 1
    if match.group(1) is None and text[end : end + 1] == ".":
        return after_point
    return end


def render_number(value: float) -> str:
    """The shortest text of the grammar for `value`; a value that the grammar cannot write raises `ValueError`."""
    text = f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".")
    if not GRAMMAR.fullmatch(text) or float(text) != value:
        raise ValueError(f"{value!r} cannot be written as {EXPECTED}")
    return text
