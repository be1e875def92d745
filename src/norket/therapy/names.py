"""How names of people are compared: as they sound on paper, whatever their accents, capitals and signs, and who of
those that are here at one time could be taken for another."""

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal, NamedTuple

Same = Literal["surname", "name"]


class Named(NamedTuple):
    """Somebody who is expected or here on a day. `who` tells people apart where their names do not."""

    key: str
    who: str
    given: str
    family: str
    day: date


def folded(name: str) -> str:
    """The letters and digits of a name, without accents and capitals."""
    decomposed = unicodedata.normalize("NFKD", name).casefold()
    return "".join(sign for sign in decomposed if sign.isalnum())


def namesakes(people: Iterable[Named]) -> Mapping[str, Same]:
    """By `key`, what somebody else of the same day shares with them: the whole name, or the surname. A surname that is
    missing is shared with nobody."""
    days: dict[tuple[date, str], list[Named]] = {}
    for one in people:
        if family := folded(one.family):
            days.setdefault((one.day, family), []).append(one)
    found: dict[str, Same] = {}
    for group in days.values():
        for one in group:
            others = [folded(other.given) for other in group if other.who != one.who]
            if others:
                found[one.key] = "name" if folded(one.given) in others else "surname"
    return found
