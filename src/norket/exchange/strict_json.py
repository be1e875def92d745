"""JSON read strictly: NaN, infinity, duplicate keys and deep nesting are refused, never guessed at.

Every door through which machines send JSON uses this one reader, so that no two of them disagree about a text.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, NoReturn

DEEPEST = 32
UNWRITABLE = re.compile("[\x00\ud800-\udfff]")


class NotJsonError(ValueError):
    """The text is not strict JSON; the message says where it fails."""


def loads(text: str | bytes) -> Any:
    """The value of a strict JSON text."""
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse, parse_float=_finite, parse_int=_whole)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise NotJsonError(f"not readable as JSON: {error}") from error
    except RecursionError as error:
        raise NotJsonError(f"nested deeper than {DEEPEST} levels") from error
    check(value)
    return value


def check(value: Any) -> None:
    """Refuses what a strict text cannot hold, in a value that somebody else has read."""
    _nesting(value)
    for found in _texts(value):
        if not isinstance(found, str):
            raise NotJsonError("a key is no text")
        if UNWRITABLE.search(found):
            raise NotJsonError("a text holds U+0000 or half of a character; neither can be kept")


def _texts(value: Any) -> Iterator[str]:
    """Every text of the value, the keys among them."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            yield from item
        waiting += _children(item)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        raise NotJsonError(f"the key '{twice[:80]}' is written twice; keep one")
    return found


def _refuse(word: str) -> NoReturn:
    raise NotJsonError(f"{word} is not a number in JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise NotJsonError(f"{text[:40]} is too large a number")
    return value


def _whole(text: str) -> int:
    _finite(text)  # a whole number beyond every float is as unusable as an infinite one
    return int(text)


def _nesting(value: Any) -> None:
    deepest, level = 0, [value]
    while level:
        deepest += 1
        if deepest > DEEPEST:
            raise NotJsonError(f"nested deeper than {DEEPEST} levels")
        level = [child for item in level for child in _children(item)]


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
