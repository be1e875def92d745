"""JSON read strictly: NaN, infinity, duplicate keys and deep nesting are refused, never guessed at."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser

DEEPEST = 32
UNWRITABLE = re.compile("[\x00\ud800-\udfff]")


class NotJsonError(ValueError):
    """The text is not strict JSON; the message says where it fails."""


def loads(text: str | bytes) -> Any:
    """The value of a strict JSON text."""
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse, parse_float=_finite)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise NotJsonError(f"not readable as JSON: {error}") from error
    except RecursionError as error:
        raise NotJsonError(f"nested deeper than {DEEPEST} levels") from error
    if _depth(value) > DEEPEST:
        raise NotJsonError(f"nested deeper than {DEEPEST} levels")
    for found in _texts(value):
        if UNWRITABLE.search(found):
            raise NotJsonError("a text holds U+0000 or half of a character; neither can be kept")
    return value


def _texts(value: Any) -> Iterator[str]:
    """Every text of the value, the keys among them."""
    if isinstance(value, str):
        yield value
    if isinstance(value, dict):
        yield from value
    for child in _children(value):
        yield from _texts(child)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise NotJsonError(f"the key '{key}' is written twice; keep one")
        found[key] = value
    return found


def _refuse(word: str) -> NoReturn:
    raise NotJsonError(f"{word} is not a number in JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise NotJsonError(f"{text} is too large a number")
    return value


def _depth(value: Any) -> int:
    deepest, level = 0, [value]
    while level:
        deepest += 1
        if deepest > DEEPEST:
            return deepest
        level = [child for item in level for child in _children(item)]
    return deepest


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


class StrictParser(Parser):
    """Reads every request body strictly."""

    def parse_body(self, request: HttpRequest) -> Any:
        return loads(request.body)
