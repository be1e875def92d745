"""The dose text: `<amount> <unit> <route> [over <duration>] [for <duration>] [at <time>]`.

An amount may be spread `over` a duration; a rate runs `for` a duration. The wrong pair has two readings that differ
in milligrams, so it is refused with both written out. Every refusal points at the character that is wrong.
"""

import re
from dataclasses import dataclass
from typing import Literal, TypeVar, get_args

from norket.units.number import EXPECTED as NUMBER_EXPECTED
from norket.units.number import NumberError, first_wrong_character, parse_number, pointed_message, render_number
from norket.units.quantities import Amount, AmountPerWeight, AmountRate, AmountRatePerWeight, Duration

Route = Literal["iv", "im", "sc", "intranasal", "sublingual", "oral"]
Drug = Literal["ketamine", "esketamine"]
ROUTES: tuple[Route, ...] = get_args(Route)
DRUGS: tuple[Drug, ...] = get_args(Drug)
_Choice = TypeVar("_Choice", bound=str)
Quantities = Amount | AmountPerWeight | AmountRate | AmountRatePerWeight

_AT_START = Duration(0.0)
AMOUNT_EXAMPLE = "0.5 mg/kg iv over 40 min"
RATE_EXAMPLE = "0.1 mg/kg/h iv for 8 h"
_AMOUNT_UNITS: dict[str, type[Amount] | type[AmountPerWeight]] = {"mg": Amount, "mg/kg": AmountPerWeight}
_RATE_UNITS: dict[str, type[AmountRate] | type[AmountRatePerWeight]] = {
    "mg/h": AmountRate,
    "mg/kg/h": AmountRatePerWeight,
}
_UNIT_OF: dict[type, str] = {kind: unit for unit, kind in (_AMOUNT_UNITS | _RATE_UNITS).items()}
_WORD = re.compile(r"[^ ]+")


class DoseTextError(ValueError):
    """A text that is not a dose.

    `position` is the index of the character that is wrong, `expected` says what belongs there, `example` is a dose
    text that reads. The message shows all of them with a caret.
    """

    def __init__(self, text: str, position: int, expected: str, example: str = AMOUNT_EXAMPLE) -> None:
        self.text = text
        self.position = position
        self.expected = expected
        self.example = example
        super().__init__("This is not a dose:\n" + pointed_message(text, position, expected, example))


@dataclass(frozen=True)
class DoseText:
    """A dose as written: drug, quantity with its unit, route, duration and time after the start of the history.

    `duration` is what follows `over` (an amount) or `for` (a rate); None is a bolus or a single application.
    Only what the grammar can write is accepted, so that `DoseText.parse(str(dose)) == dose` always holds.
    """

    quantity: Quantities
    route: Route
    duration: Duration | None = None
    at: Duration = _AT_START
    drug: Drug = "ketamine"

    def __post_init__(self) -> None:
        if self.route not in ROUTES or self.drug not in DRUGS:
            raise ValueError(f"unknown route or drug: {self.route!r}, {self.drug!r}")
        if self.is_rate and self.duration is None:
            raise ValueError("a rate needs the duration for which it runs")
        if not self._value > 0 or (self.duration is not None and not self.duration.minutes > 0):
            raise ValueError("a dose needs an amount above zero, and a duration above zero where it has one")
        str(self)

    @classmethod
    def parse(cls, text: str) -> "DoseText":
        """Reads `text`, or raises `DoseTextError` naming the place of the mistake."""
        return _Reader(text).read()

    @property
    def is_rate(self) -> bool:
        """Whether the quantity is a rate (mg/h, mg/kg/h) rather than an amount."""
        return isinstance(self.quantity, AmountRate | AmountRatePerWeight)

    @property
    def unit(self) -> str:
        """The unit as written: mg, mg/kg, mg/h or mg/kg/h."""
        return _UNIT_OF[type(self.quantity)]

    @property
    def _value(self) -> float:
        return self.quantity.number

    def __str__(self) -> str:
        words: list[str] = [] if self.drug == "ketamine" else [self.drug]
        words += [render_number(self._value), self.unit, self.route]
        if self.duration is not None:
            words += ["for" if self.is_rate else "over", _render_duration(self.duration)]
        if self.at.minutes:
            words += ["at", _render_duration(self.at)]
        return " ".join(words)


def _render_duration(duration: Duration) -> str:
    if duration.hours == int(duration.hours) and duration.hours <= 9999:  # noqa: PLR2004 -- four digits of the grammar
        return f"{int(duration.hours)} h"
    try:
        return f"{render_number(duration.minutes)} min"
    except ValueError:
        hours = round(duration.hours, 3)
        if Duration.of_hours(hours) != duration:
            raise
        return f"{render_number(hours)} h"


class _Reader:
    """Reads one text word by word; every refusal carries the place."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.words = [(match.start(), match.group()) for match in _WORD.finditer(text)]
        self.next = 0

    def read(self) -> DoseText:
        drug = self._drug()
        start, value = self._number("an amount: " + NUMBER_EXPECTED)
        if value == 0:
            raise DoseTextError(self.text, start, "an amount above zero")
        unit = self._one_of((*_AMOUNT_UNITS, *_RATE_UNITS), "a unit: mg, mg/kg, mg/h or mg/kg/h")
        route = self._one_of(ROUTES, f"a route: {', '.join(ROUTES)}")
        is_rate = unit in _RATE_UNITS
        quantity = (_RATE_UNITS[unit] if is_rate else _AMOUNT_UNITS[unit])(value)
        duration = self._spread(is_rate, (drug, render_number(value), unit, route))
        at = self._after("at", zero_allowed=True) or _AT_START
        self._end(duration is not None, is_rate)
        return DoseText(quantity, route, duration, at, drug)

    def _drug(self) -> Drug:
        word = self._peek()
        for drug in DRUGS:
            if word == drug:
                self.next += 1
                return drug
        return "ketamine"

    def _spread(self, is_rate: bool, head: tuple[Drug, str, str, Route]) -> Duration | None:
        right, wrong = ("for", "over") if is_rate else ("over", "for")
        if self._peek() == wrong:
            raise self._wrong_pair(is_rate, head)
        duration = self._after(right)
        if duration is None and is_rate:
            expected = "'for' and a duration: a rate runs for a time that is written"
            raise DoseTextError(self.text, self._position(), expected, RATE_EXAMPLE)
        if self._peek() == wrong:
            raise DoseTextError(self.text, self._position(), f"one duration only; '{right}' is already there")
        return duration

    def _wrong_pair(self, is_rate: bool, head: tuple[Drug, str, str, Route]) -> DoseTextError:
        position = self._position()
        self.next += 1
        duration = _render_duration(self._duration())
        drug, value, unit, route = head
        amount_unit = unit.removesuffix("/h")
        prefix = "" if drug == "ketamine" else f"{drug} "
        as_amount = f"{prefix}{value} {amount_unit} {route} over {duration}"
        as_rate = f"{prefix}{value} {amount_unit}/h {route} for {duration}"
        kind, word = ("a rate", "for") if is_rate else ("an amount", "over")
        expected = (
            f"'{word}' after {kind}. Two readings are possible: '{as_amount}' gives {value} {amount_unit} in all, "
            f"'{as_rate}' gives {value} {amount_unit} in every hour. Write the one that is meant"
        )
        return DoseTextError(self.text, position, expected, as_rate if is_rate else as_amount)

    def _after(self, keyword: str, *, zero_allowed: bool = False) -> Duration | None:
        if self._peek() != keyword:
            return None
        self.next += 1
        position = self._position()
        duration = self._duration()
        if not zero_allowed and duration.minutes == 0:
            raise DoseTextError(self.text, position, "a duration above zero (a bolus is written without 'over')")
        return duration

    def _duration(self) -> Duration:
        _, value = self._number("a duration: " + NUMBER_EXPECTED)
        unit = self._one_of(("min", "h"), "min or h")
        return Duration.of_hours(value) if unit == "h" else Duration(value)

    def _number(self, expected: str) -> tuple[int, float]:
        start, word = self._position(), self._peek()
        try:
            number = parse_number(word)
        except NumberError:
            offset = first_wrong_character(word)
            glued = offset > 0 and word[offset:] in (*_UNIT_OF.values(), "min", "h")
            expected = "a space between the number and its unit" if glued else expected
            raise DoseTextError(self.text, start + offset, expected) from None
        self.next += 1
        return start, number

    def _one_of(self, choices: tuple[_Choice, ...], expected: str) -> _Choice:
        word = self._peek()
        for choice in choices:
            if word == choice:
                self.next += 1
                return choice
        raise DoseTextError(self.text, self._position(), expected)

    def _end(self, has_duration: bool, is_rate: bool) -> None:
        if self.next == len(self.words):
            return
        spread = "for" if is_rate else "over"
        expected = "the end of the text, or 'at' and a time" if has_duration else f"'{spread}', 'at', or the end"
        raise DoseTextError(self.text, self._position(), expected)

    def _peek(self) -> str:
        return self.words[self.next][1] if self.next < len(self.words) else ""

    def _position(self) -> int:
        return self.words[self.next][0] if self.next < len(self.words) else len(self.text)
