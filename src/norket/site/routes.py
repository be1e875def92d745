"""Every address of the program with its methods and the policy that guards it."""

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from norket.record.access import policy


def patterns() -> Iterator[tuple[str, str, URLPattern]]:
    """Name, path and pattern of every address."""
    yield from _walk(get_resolver().url_patterns, "", "")


def _walk(found: list[Any], prefix: str, space: str) -> Iterator[tuple[str, str, URLPattern]]:
    for item in found:
        path = prefix + str(item.pattern)
        if isinstance(item, URLResolver):
            yield from _walk(item.url_patterns, path, f"{space}{item.namespace}:" if item.namespace else space)
        else:
            yield f"{space}{item.name or ''}", "/" + path, item


def table() -> list[dict[str, Any]]:
    """One entry for each address: `{name, path, params, policy}`; `policy` is null when it is not listed."""
    listed = policy.read().routes
    return [
        {
            "name": name,
            "path": path,
            "params": sorted(pattern.pattern.converters),
            "methods": sorted(listed.get(name, {})),
            "policy": {method: dict(rules) for method, rules in listed[name].items()} if name in listed else None,
        }
        for name, path, pattern in patterns()
    ]
