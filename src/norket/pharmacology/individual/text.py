"""Observations as text: `ketamine 120 ng/mL venous at 45 min assay 10 %`, `systolic_pressure 18 mmHg at 40 min`.

A level: `[s-|r-]<analyte> [below] <number> ng/mL <site> at <time> [assay <number> %|ng/mL]`; a score:
`<effect> [-]<number> [<unit>] at <time> [error <number>]`. Numbers and times as in dose text.
Every refusal points at the mistake.
"""

import re

from norket.units import Duration, NumberError, parse_number
from norket.units.number import EXPECTED as NUMBER_EXPECTED
from norket.units.number import first_wrong_character, pointed_message

Fields = dict[str, str | float | bool]
FORMS = ("S + R", "S", "R")
SITES = ("venous", "arterial")
LEVEL_EXAMPLE = "ketamine 120 ng/mL venous at 45 min"
ASSAY_EXAMPLE = "ketamine 120 ng/mL venous at 45 min assay 10 %"
SCORE_EXAMPLE = "systolic_pressure 18 mmHg at 40 min"
ERROR_EXAMPLE = "systolic_pressure 18 mmHg at 40 min error 5"
UNITS = ("ng/mL", "%", "min", "h", "mmHg")
PERCENT = 100.0
_WORD = re.compile(r"[^ ]+")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class ObservationTextError(ValueError):
    """A text that is not an observation: the place, what belongs there, and an example."""

    def __init__(self, text: str, position: int, expected: str, example: str) -> None:
        self.text = text
        self.position = position
        self.expected = expected
        self.example = example
        super().__init__("This is not an observation:\n" + pointed_message(text, position, expected, example))


def read_level(text: str) -> Fields:
    """The fields of the level that `text` means; raises `ObservationTextError` with the place of a mistake."""
    return _Reader(text, LEVEL_EXAMPLE).level()


def read_score(text: str) -> Fields:
    """The fields of the score that `text` means; raises `ObservationTextError` with the place of a mistake."""
    return _Reader(text, SCORE_EXAMPLE).score()


class _Reader:
    """Reads one text word by word; every refusal carries the place."""

    def __init__(self, text: str, example: str) -> None:
        self.text = text
        self.example = example
        self.words = [(match.start(), match.group()) for match in _WORD.finditer(text)]
        self.next = 0

    def level(self) -> Fields:
        form, analyte = self._analyte()
        below = self._take("below")
        value = self._number("a level: " + NUMBER_EXPECTED, above_zero=True)
        self._expect("ng/mL", "the unit ng/mL")
        site = self._choice(SITES, "the site of the sample: venous or arterial")
        at = self._at()
        cv, sd = self._assay() if self._peek() == "assay" else (0.0, 0.0)
        self._end("'assay' and its error, or the end")
        found: Fields = {"kind": "level", "what": analyte, "value": value, "unit": "ng/mL", "at_min": at, "site": site}
        return found | {"enantiomer": form, "error_cv": cv, "error_sd": sd, "below": below, "text": self.text}

    def score(self) -> Fields:
        effect = self._name("an effect, such as systolic_pressure")
        negative = self._peek().startswith("-")
        value = self._number("a score: " + NUMBER_EXPECTED, sign=negative)
        unit = "1" if self._peek() == "at" else self._any("a unit, or 'at' for a score without one")
        at = self._at()
        error = self._error() if self._peek() == "error" else 0.0
        self._end("'error' and a number in the same unit, or the end")
        signed = -value if negative else value
        found: Fields = {"kind": "score", "what": effect, "value": signed, "unit": unit, "at_min": at}
        return found | {"error_sd": error, "text": self.text}

    def _analyte(self) -> tuple[str, str]:
        start, word = self._position(), self._peek()
        form = {"s-": "S", "r-": "R"}.get(word[:2], "S + R")
        name = word if form == "S + R" else word[2:]
        if not _NAME.fullmatch(name):
            raise self._wrong("an analyte: ketamine, norketamine, s-ketamine, …", start)
        self.next += 1
        return form, name

    def _name(self, expected: str) -> str:
        if not _NAME.fullmatch(self._peek()):
            raise self._wrong(expected)
        return self._any(expected)

    def _at(self) -> float:
        self._expect("at", "'at' and the time of the observation")
        value = self._number("a time: " + NUMBER_EXPECTED)
        unit = self._choice(("min", "h"), "min or h")
        return Duration.of_hours(value).minutes if unit == "h" else value

    def _assay(self) -> tuple[float, float]:
        self.example = ASSAY_EXAMPLE
        self.next += 1
        value = self._number("the error of the assay: " + NUMBER_EXPECTED, above_zero=True)
        unit = self._choice(("%", "ng/mL"), "% (a coefficient of variation) or ng/mL")
        return (value / PERCENT, 0.0) if unit == "%" else (0.0, value)

    def _error(self) -> float:
        self.example = ERROR_EXAMPLE
        self.next += 1
        return self._number("the standard deviation of the score: " + NUMBER_EXPECTED, above_zero=True)

    def _number(self, expected: str, *, above_zero: bool = False, sign: bool = False) -> float:
        start, word = self._position(), self._peek()
        digits = word[1:] if sign else word
        try:
            number = parse_number(digits)
        except NumberError:
            offset = first_wrong_character(digits)
            glued = offset > 0 and digits[offset:] in UNITS
            expected = "a space between the number and its unit" if glued else expected
            raise self._wrong(expected, start + offset + int(sign)) from None
        if above_zero and number == 0:
            raise self._wrong(f"{expected}, above zero", start)
        self.next += 1
        return number

    def _take(self, word: str) -> bool:
        if self._peek() != word:
            return False
        self.next += 1
        return True

    def _expect(self, word: str, expected: str) -> None:
        if not self._take(word):
            raise self._wrong(expected)

    def _choice(self, choices: tuple[str, ...], expected: str) -> str:
        if self._peek() not in choices:
            raise self._wrong(expected)
        return self._any(expected)

    def _any(self, expected: str) -> str:
        word = self._peek()
        if not word:
            raise self._wrong(expected)
        self.next += 1
        return word

    def _end(self, expected: str) -> None:
        if self.next < len(self.words):
            raise self._wrong(expected)

    def _wrong(self, expected: str, position: int | None = None) -> ObservationTextError:
        return ObservationTextError(
            self.text, self._position() if position is None else position, expected, self.example
        )

    def _peek(self) -> str:
        return self.words[self.next][1] if self.next < len(self.words) else ""

    def _position(self) -> int:
        return self.words[self.next][0] if self.next < len(self.words) else len(self.text)
