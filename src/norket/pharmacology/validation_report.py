"""The table of `norket validate` for a terminal and for a page: every check, then what was missed and why."""

from collections.abc import Iterable, Iterator, Sequence

from norket.pharmacology.validate import Outcome, totals

LONG = 1000
MARKS = {"inside": "inside", "outside": "OUTSIDE", "not computed": "not computed"}
HEADS = (
    f"  {'figure':<34} {'model':<26} {'predicted / observed':<38} {'ratio':>6}  {'verdict':<12} accepted within; "
    "same data: the model was made from this study"
)


def validation_text(outcomes: Sequence[Outcome]) -> str:
    """Plain text: one line per check under the regimen of its row, the totals, and the reasons."""
    lines = [HEADS, ""]
    for row, own in by_row(outcomes):
        first = own[0]
        lines.append(
            f"Row {row}: {first.regimen} ({first.subjects}; {first.observed_site}) [{', '.join(first.sources)}]"
        )
        lines += [_line(one) for one in own]
        lines.append("")
    for verdict in ("outside", "not computed"):
        lines += [f"{MARKS[verdict].capitalize()}, and why", *_reasons(outcomes, verdict), ""]
    changed = [one for one in outcomes if not one.as_expected]
    if changed:
        lines.append("Verdicts that differ from those on record")
        lines += [f"  row {one.row}, {words(one)}: {one.verdict}, on record {one.expected}" for one in changed]
        lines.append("")
    return "\n".join([*lines, totals_sentence(outcomes)])


def totals_sentence(outcomes: Sequence[Outcome]) -> str:
    """The totals in words."""
    count = totals(outcomes)
    apart = sum(count[f"independent_{verdict}"] for verdict in ("inside", "outside"))
    return (
        f"{count['rows']} rows, {count['checks']} checks: {count['inside']} inside, {count['outside']} outside, "
        f"{count['not_computed']} not computed. Of the {apart} computed ones whose model was not made from the same "
        f"study, {count['independent_inside']} are inside."
    )


def by_row(outcomes: Iterable[Outcome]) -> Iterator[tuple[int, list[Outcome]]]:
    """The outcomes of each row, in order."""
    rows: dict[int, list[Outcome]] = {}
    for one in outcomes:
        rows.setdefault(one.row, []).append(one)
    yield from rows.items()


def words(one: Outcome) -> str:
    """The observed figure in words."""
    return one.figure.replace("_", " ")


def number(value: float | None) -> str:
    """Three digits, or a dash."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= LONG else f"{value:.3g}"


def observed(one: Outcome) -> str:
    """The observation with its spread."""
    span = "" if one.low is None or one.high is None else f"{number(one.low)} to {number(one.high)}"
    if one.observed is None:
        return span
    return f"{number(one.observed)} ({span})" if span else number(one.observed)


def accepted(one: Outcome) -> str:
    """What counts as met."""
    if one.measure == "none":
        return "–"
    return f"{one.fold:g}-fold" if one.fold is not None else "observed range"


def _line(one: Outcome) -> str:
    seen = f"{number(one.predicted)} / {observed(one)} {one.unit if one.unit != '1' else ''}".strip()
    origin = "" if one.independent else "  same data"
    return (
        f"  {words(one):<34} {one.model or '–':<26} {seen:<38} {number(one.ratio):>6}  "
        f"{MARKS[one.verdict]:<12} {accepted(one)}{origin}"
    )


def _reasons(outcomes: Sequence[Outcome], verdict: str) -> Iterator[str]:
    for one in outcomes:
        if one.verdict == verdict:
            yield f"  row {one.row}, {words(one)} ({one.model or 'no model'}): {one.reason or 'no reason on record'}"
