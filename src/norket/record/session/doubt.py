"""The band of a curve where delivery is uncertain: it holds every history between which the truth lies."""

from collections.abc import Iterable, Sequence
from typing import Any

from norket.therapy.finding import Refused

UNCERTAIN = "uncertain_delivery"
SAID = (
    "Delivery is uncertain: the line is drawn as if all had arrived when it was recorded; the band runs from none to "
    "all of the uncertain part, also late, from under the skin, where a cannula failed."
)
UPDATED = (
    "Delivery is uncertain: these curves are drawn as if all had arrived when it was recorded, and nothing that was "
    "seen since the doubt began is learned from."
)
LEVELS = ("ketamine_ng_ml", "norketamine_ng_ml", "effect_site_ng_ml")


def widened(document: dict[str, Any], others: "Sequence[dict[str, Any] | Refused | None]") -> dict[str, Any]:
    """The curves with the bands of the other histories inside their own; unchanged where there is no other.

    All are drawn on the same minutes. A history that no model covers leaves its edge to the others, and the warning
    says so. None is a history without any dose: a level of zero.
    """
    if not others:
        return document
    warnings = [SAID]
    for drawn in others:
        if isinstance(drawn, Refused):
            warnings.append(f"One of its histories could not be drawn: {drawn.why}")
            continue
        for name in LEVELS:
            if name in document:
                document[name] = _held(document[name], drawn[name] if drawn and name in drawn else None)
    told = [document, *(drawn for drawn in others if isinstance(drawn, dict))]
    remarks = _once(one["remarks"] for one in told)
    said = [text for text in _once(one["warnings"] for one in told) if text not in remarks]
    return document | {
        "unknown": sorted({*document["unknown"], UNCERTAIN}),
        "warnings": [*warnings, *said, *remarks],
        "remarks": remarks,
        "models": sorted({name for one in told for name in one["models"]}),
        "sources": _once(one["sources"] for one in told),
    }


def _once(lists: Iterable[list[Any]]) -> list[Any]:
    """All that is in the lists, in their order and each once."""
    found: list[Any] = []
    for each in lists:
        found += [one for one in each if one not in found]
    return found


def _held(band: dict[str, list[float]], other: dict[str, list[float]] | None) -> dict[str, list[float]]:
    low = other["p5"] if other else [0.0] * len(band["p5"])
    high = other["p95"] if other else band["p95"]
    return band | {
        "p5": [min(pair) for pair in zip(band["p5"], low, strict=True)],
        "p95": [max(pair) for pair in zip(band["p95"], high, strict=True)],
    }
