"""The route chooser: what a prescriber and a patient compare, with the models' own figures and what was not read."""

from pydantic import BaseModel, ConfigDict

from norket.knowledge import Entry, KnowledgeBase
from norket.knowledge.criteria import Drug, Route
from norket.knowledge.entry import Certainty, Value

CHOICE = "route_choice."
PERCENT = 100.0


class RouteChoice(BaseModel):
    """One way of giving a drug. `reaches_blood` and `peak` are empty where nothing was read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    route: Route
    drug: Drug
    label: str
    statement: str
    standing: str
    onset: str
    peak: str
    precision: str
    reaches_blood: str
    discomfort: str
    access: str
    cost: str
    certainty: Certainty
    sources: tuple[str, ...]


def route_choices(base: KnowledgeBase) -> tuple[RouteChoice, ...]:
    """Every way, in the order of the knowledge base: the usual one first."""
    return tuple(_choice(base, entry) for entry in base.entries if entry.id.startswith(CHOICE))


def _choice(base: KnowledgeBase, entry: Entry) -> RouteChoice:
    data = entry.data
    values = [value for name in data["figures"] for value in base.entry(name).values]
    words = {name: data[name] for name in ("label", "standing", "onset", "precision", "discomfort", "access", "cost")}
    return RouteChoice(
        id=entry.id,
        route=data["route"],
        drug=data["drug"],
        statement=entry.statement,
        reaches_blood=data.get("reaches_blood")
        or _share([v for v in values if v.name.startswith("F_") or v.name == "F"]),
        peak=_span([v for v in values if v.name == "time_of_peak"]),
        certainty=entry.certainty,
        sources=tuple(source.key for source in entry.sources),
        **words,
    )


def _ends(values: list[Value]) -> list[float]:
    return [n for v in values for n in (v.low, v.value, v.high) if n is not None]


def _share(values: list[Value]) -> str:
    """The lowest and highest share (1) that the entry knows, in per cent."""
    found = [round(end * PERCENT) for end in _ends(values)]
    return "" if not found else _between(min(found), max(found), "%")


def _span(values: list[Value]) -> str:
    found = _ends(values)
    return "" if not found else _between(min(found), max(found), values[0].unit)


def _between(low: float, high: float, unit: str) -> str:
    return f"{low:g} {unit}" if low == high else f"{low:g} to {high:g} {unit}"
