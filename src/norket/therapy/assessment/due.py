"""Which tests are due for a session, how long each result holds, and who may waive which on which day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from norket.knowledge import KnowledgeBase
from norket.knowledge.criteria import Competence
from norket.therapy.chart import Chart
from norket.therapy.finding import Finding, Refused
from norket.therapy.screening.compiled import compiled
from norket.therapy.screening.context import Context
from norket.therapy.screening.evaluate import evaluate
from norket.therapy.screening.override import Clinician
from norket.therapy.screening.reading import reading
from norket.therapy.screening.screen import found
from norket.therapy.screening.waiver import Waiver, holding, waivable

ORDER = ("fires", "unknown", "clear")


@dataclass(frozen=True)
class TestDue:
    """One test and where it stands.

    `finding` fires while the test is due, and is unknown while it cannot be known whether it is needed. `valid_d` is
    how many days a result holds for this session, `waivable_by` the roles that may waive it today (empty: nobody),
    `waiver` the decision that holds now.
    """

    __test__ = False  # not a test of pytest

    rule: str
    code: str
    label: str
    finding: Finding
    valid_d: float
    waivable_by: tuple[Competence, ...]
    waiver: Waiver | None = None

    @property
    def open(self) -> bool:
        """Whether it still stands in the way or on the list."""
        return self.finding.state != "clear" and self.waiver is None


def due(
    chart: Chart, *, base: KnowledgeBase, on: date, context: Context, waivers: Iterable[Waiver] = ()
) -> tuple[TestDue, ...]:
    """Every test rule for the session of day `on`: what is due first, then what cannot be known, then what is done.

    A waiver counts until its last day, and on no day on which the test may not be waived.
    """
    known = compiled(base)
    page = reading(chart, on, context, known)
    given = tuple(waivers)
    tests = [
        TestDue(
            rule=entry.id,
            code=rule.code,
            label=rule.label,
            finding=found(entry, rule, evaluate(criterion, entry, page), page),
            valid_d=valid_d(base, entry.id, context, on),
            waivable_by=waivable(rule, context),
            waiver=holding(entry.id, given, base=base, on=on, context=context),
        )
        for entry, rule, criterion in known.rules
        if rule.stage == "tests"
    ]
    return tuple(sorted(tests, key=lambda test: (ORDER.index(test.finding.state), test.code, test.rule)))


def waive(test: TestDue, *, by: Clinician, reason: str, on: date, now: datetime) -> Waiver | Refused:
    """The waiver of a test that is due for the session of day `on`, or why it is refused. `now` is an aware time.

    It holds as long as a result would.
    """
    if not test.waivable_by:
        return Refused(
            code="not_waivable", why=f"{test.label} is not waived here: do the test.", findings=(test.finding,)
        )
    if by.id is None or not by.competences & frozenset(test.waivable_by):
        return Refused(code="waiver_not_yours", why=f"{test.label} is waived by: {' or '.join(test.waivable_by)}.")
    if not any(letter.isalpha() for letter in reason):
        return Refused(code="reason_missing", why="Type why this test is not needed for this patient.")
    until = on + timedelta(days=test.valid_d)
    return Waiver(rule=test.rule, by=by.id, reason=reason.strip(), at=now, until=until)


def valid_d(base: KnowledgeBase, id_: str, context: Context, on: date) -> float:
    """How long a result holds: the shorter time of a first dosing day where the rule has one."""
    names = {value.name for value in base.entry(id_).values}
    first = context.day_of is not False and context.first_session is not False and "valid_first_d" in names
    return base.figure(id_, "valid_first_d" if first else "valid_d", on).value
