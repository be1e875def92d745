"""`norket screen`: what stands against ketamine for a chart or a FHIR bundle, without a server."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from norket.cli.shared import ENGINE, JsonOption, UsageError, print_json, refusing

if TYPE_CHECKING:
    from norket.knowledge import KnowledgeBase
    from norket.therapy.chart import Chart
    from norket.therapy.screening import Context, Screening

app = typer.Typer()


@app.command(rich_help_panel=ENGINE)
def screen(
    chart: Annotated[Path, typer.Argument(metavar="CHART.json|BUNDLE.json", help="A chart, or a FHIR R4 bundle.")],
    on: Annotated[str | None, typer.Option(metavar="DATE", help="The day of the session; today if not given.")] = None,
    route: Annotated[str | None, typer.Option(metavar="ROUTE", help="iv, im, sc, intranasal, …")] = None,
    setting: Annotated[str | None, typer.Option(metavar="SETTING", help="outpatient, inpatient, …")] = None,
    drug: Annotated[str, typer.Option(metavar="DRUG", help="ketamine or esketamine.")] = "ketamine",
    indication: Annotated[str | None, typer.Option(metavar="KEY", help="What is treated, such as trd.")] = None,
    first: Annotated[bool | None, typer.Option("--first/--later", help="A first session, or a later one.")] = None,
    day_of: Annotated[bool, typer.Option("--day-of", help="Judge it as at check-in, on the day itself.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Show also what is clear.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Judge a chart by every rule: what blocks, what holds, what is not known, and what would change it.

    Outside a hospital, or where the setting is not said, the stricter action of a rule counts.

    Example: norket screen chart.json --on 2027-03-01 --route iv --setting outpatient
    """
    from norket.knowledge import read
    from norket.therapy.screening import screen as judge

    with refusing():
        base = read()
        day = _day(on)
        context = _context(
            base,
            {"route": route, "setting": setting, "drug": drug, "indication": indication},
            first_session=first,
            day_of=day_of,
        )
        known, not_read = _read(chart)
        found = judge(known, base=base, on=day, context=context)
        if as_json:
            print_json(_document(found, not_read))
        else:
            print("\n".join(_lines(found, not_read, base, everything=everything)))


def _day(on: str | None) -> date:
    if on is not None:
        try:
            return date.fromisoformat(on)
        except ValueError as error:
            raise UsageError(f"--on takes a day such as 2027-03-01, not {on!r}") from error
    try:
        from norket.site.clock import real
    except ModuleNotFoundError as error:
        raise UsageError("say the day of the session with --on, such as --on 2027-03-01") from error
    return real().astimezone().date()


def _context(base: "KnowledgeBase", words: dict[str, str | None], **known: bool | None) -> "Context":
    from norket.knowledge.criteria import Drug, Route, Setting
    from norket.knowledge.rule_check import indication_keys
    from norket.therapy.screening import Context

    allowed: dict[str, tuple[str, ...]] = {
        "route": get_args(Route),
        "setting": get_args(Setting),
        "drug": get_args(Drug),
        "indication": indication_keys(base.entries),
    }
    for name, word in words.items():
        if word is not None and word not in allowed[name]:
            raise UsageError(f"--{name} takes one of {', '.join(allowed[name])}, not {word!r}")
    return Context(**words, **known)  # type: ignore[arg-type]  # the words were compared with the lists above


def _read(path: Path) -> "tuple[Chart, list[dict[str, Any]]]":
    """The chart of a file, and what of a bundle did not become part of it."""
    from norket.therapy.chart import ChartError, read_chart

    try:
        text = path.read_text(encoding="utf-8-sig")
        document = json.loads(text)
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8 at byte {error.start}; save the file as UTF-8") from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise UsageError(f"{path}: this is no JSON: {error}") from error
    if isinstance(document, dict) and "resourceType" in document:
        return _bundle(path, document)
    try:
        return read_chart(text), []
    except ChartError as error:
        faults = "\n".join(f"  {fault}" for fault in error.faults)
        raise UsageError(f"{path}: this chart cannot be read:\n{faults}") from error


def _bundle(path: Path, document: dict[str, Any]) -> "tuple[Chart, list[dict[str, Any]]]":
    from norket.exchange.fhir import FhirError, read_bundle

    try:
        chart, not_read = read_bundle(document)
    except FhirError as error:
        raise UsageError(f"{path}: {error}") from error
    return chart, [each.model_dump(mode="json") for each in not_read]


def _document(found: "Screening", not_read: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "edition": found.edition,
        "on": found.on.isoformat(),
        "findings": [finding.model_dump(mode="json", exclude={"edition"}) for finding in found.findings],
        "not_read": not_read,
        "not_classified": list(found.not_classified),
    }


def _lines(found: "Screening", not_read: list[Any], base: "KnowledgeBase", *, everything: bool) -> Iterator[str]:
    shown = found.findings if everything else found.open
    for finding in shown:
        code = base.entry(finding.rule).data["code"]
        yield f"{finding.action:10} {code:7} {finding.why}"
        if finding.resolves_by:
            yield f"{'':18} → {finding.resolves_by}"
        if finding.figure or finding.sources:
            yield f"{'':18}   {'; '.join(filter(None, (finding.figure, ', '.join(finding.sources))))}"
    count = Counter(finding.state for finding in found.findings)
    yield f"{count['fires']} object, {count['unknown']} are not known, {count['clear']} are clear on {found.on}"
    for words, times in Counter(place.partition(": ")[2] for place in found.not_classified).items():
        yield f"no rule knows: {words}" + (f" ({times} times)" if times > 1 else "")
    if not_read:
        yield f"{len(not_read)} parts of the bundle were not read; --json names them"
    yield f"edition {found.edition}"
