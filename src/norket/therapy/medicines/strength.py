"""How strongly a medicine changes ketamine by the route that is planned, from the engine, beside what was measured."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from norket.knowledge.criteria import Route
from norket.pharmacology import interactions
from norket.pharmacology.interactions import Interaction, RouteRatio, Span
from norket.therapy.chart import MedicineItem
from norket.therapy.screening.compiled import Compiled

ROUTE_WORDS: dict[Route, str] = {
    "iv": "by vein",
    "im": "into a muscle",
    "sc": "under the skin",
    "intranasal": "by nose",
    "sublingual": "under the tongue",
    "oral": "by mouth",
}


@dataclass(frozen=True)
class Strength:
    """What one drug does to ketamine by one route.

    `area` is the ratio of the area under the curve with over without it (typical, with the range of explanations);
    None where no change of the concentration is known, or no route is planned. `measured` are ratios seen in people
    by this route, `alert` what adds up without a change of the curve, `sources` their keys.
    """

    drug: str
    route: Route | None
    area: Span | None
    measured: tuple[float, ...]
    alert: str
    sources: tuple[str, ...]

    def __str__(self) -> str:
        """One sentence for a clinician."""
        parts = []
        if self.area is not None and self.route is not None:
            seen = ", ".join(f"{each:g}" for each in self.measured)
            seen = f"measured: {seen}" if seen else "measured in nobody by this route"
            parts.append(f"{self.drug}, ketamine {ROUTE_WORDS[self.route]}: area x {self.area} ({seen})")
        if self.alert:
            parts.append(f"{self.drug}: {self.alert}")
        return "; ".join(parts)


def strengths(classes: Iterable[str], route: Route | None, known: Compiled) -> tuple[Strength, ...]:
    """The strength of each of these classes for which the engine knows a drug, in the typical patient by `route`.

    Computed anew for every route, because the gut wall and the liver weigh differently in each.
    """
    names = [str(known.base.entry(each).data.get("interaction", "")) for each in sorted(classes)]
    found: list[Strength] = []
    for name in dict.fromkeys(filter(None, names)):
        (one,) = interactions.resolve([name])
        found.append(_strength(one, route))
    return tuple(found)


def by_route(item: MedicineItem, known: Compiled) -> tuple[tuple[Strength, ...], ...]:
    """The strength of one medicine by every route, one tuple for each drug that changes the curve of ketamine."""
    classes = known.members(item, drug=True)
    rows = zip(*(strengths(classes, route, known) for route in ROUTE_WORDS), strict=True)
    return tuple(row for row in rows if any(each.area is not None for each in row))


def _strength(one: Interaction, route: Route | None) -> Strength:
    ratio = _ratio(one.drug, route) if one.kind == "curve" and route is not None else None
    return Strength(
        drug=one.title,
        route=route,
        area=ratio.auc if ratio else None,
        measured=tuple(seen.auc_ratio.typical for seen in ratio.observed) if ratio else (),
        alert=one.alert,
        sources=tuple(dict.fromkeys(source.key for entry in one.entries for source in entry.sources)),
    )


@lru_cache(maxsize=64)
def _ratio(drug: str, route: Route) -> RouteRatio | None:
    ratios = interactions.route_ratios(drug, interactions.reference_patient())
    return next((ratio for ratio in ratios if ratio.route == route), None)
