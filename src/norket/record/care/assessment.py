"""The tests of a session: which are due, ordered, done or waived, for booking and for the day of the dose."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from norket.record.care import actions, queries
from norket.record.care.context import context_of, waivers
from norket.record.people.models import Patient
from norket.record.session.queries import base
from norket.therapy.assessment import Held, TestDue, due, held, waive
from norket.therapy.care.events import Asked, LineRecorded, Recorded, TestOrdered, TestWaived
from norket.therapy.care.fold import Care
from norket.therapy.chart import Item
from norket.therapy.finding import Refused
from norket.therapy.plan import weights
from norket.therapy.screening.compiled import compiled
from norket.therapy.screening.override import Clinician

WEIGHT, KG = "observations.weight", "kg"
NOT_CREDIBLE = ("plausibility.weight", "plausibility.weight_unit")


@dataclass(frozen=True)
class Standing:
    """One test as it stands for a session that is booked, and as it will stand on the day of the dose.

    `ordered` is the order to which no result has come yet. `items` are what it looks at, each for both.
    """

    booking: TestDue
    dosing: TestDue
    items: tuple[tuple[Held, Held], ...]
    ordered: Recorded | None

    @property
    def open(self) -> bool:
        """Whether it is due for the booking or will be on the day."""
        return self.booking.open or self.dosing.open


def tests(patient: Patient, care: Care, asked: Asked) -> tuple[Standing, ...]:
    """Every test rule for the session that is asked for: what is due for booking first."""
    chart, given = queries.chart(patient, care), waivers(care)
    both = [context_of(care, asked, day_of=day_of) for day_of in (False, True)]
    booking, dosing = (due(chart, base=base(), on=asked.on, context=one, waivers=given) for one in both)
    on_the_day = {test.rule: test for test in dosing}
    found = []
    for test in booking:
        items = [held(test.rule, chart, base=base(), on=asked.on, context=one) for one in both]
        found.append(
            Standing(
                booking=test,
                dosing=on_the_day[test.rule],
                items=tuple(zip(*items, strict=True)),
                ordered=_ordered(test.rule, {one.item for one in items[0]}, care),
            )
        )
    return tuple(found)


def order(
    patient: Patient, asked: Asked, rule: str, *, note: str, by: str, now: datetime, command_id: str
) -> tuple[Recorded, ...] | Refused:
    """Records that a test is ordered, with the finding that asks for it; a test that is ordered already is refused."""
    test = _find(tests(patient, queries.care(patient.pk), asked), rule)
    if test is None:
        return _unknown(rule)
    if test.ordered is not None:
        why = f"{test.booking.label} is ordered and has no result yet. Record the result, or take the order back."
        return Refused(code="ordered_already", why=why)
    finding = test.booking.finding if test.booking.open else test.dosing.finding
    event = TestOrdered(asked=asked, finding=finding, note=note.strip())
    return actions.record(patient.pk, [event], by=by, now=now, command_id=command_id)


def let_go(
    patient: Patient, asked: Asked, rule: str, *, by: Clinician, reason: str, now: datetime, command_id: str
) -> tuple[Recorded, ...] | Refused:
    """Records that a test is not needed for the session that is booked, or says by name why it is."""
    test = _find(tests(patient, queries.care(patient.pk), asked), rule)
    if test is None:
        return _unknown(rule)
    on_the_day = test.booking.finding.state == "clear"
    done = waive(test.dosing if on_the_day else test.booking, by=by, reason=reason, on=asked.on, now=now)
    if isinstance(done, Refused):
        return done
    event = TestWaived(asked=asked, waiver=done)
    return actions.record(patient.pk, [event], by=done.by, now=now, command_id=command_id)


def keep_results(
    patient: Patient, results: Sequence[LineRecorded], *, on: date, by: str, now: datetime, command_id: str
) -> tuple[Recorded, ...] | Refused:
    """Records results as lines of the chart; a weight that no adult has, or that was typed in pounds, is refused."""
    care = queries.care(patient.pk)
    earlier = tuple(_weights([line.item for line in care.lines if line.place == "observations"]))
    for one in _weights([event.item for event in results]):
        found = weights.findings(base(), one.weight_kg, one.on, on, earlier=earlier)
        against = tuple(each for each in found if each.rule in NOT_CREDIBLE and each.state == "fires")
        if against:
            why = f"A weight of {one.weight_kg:g} kg cannot be right as it stands. Weigh again, in kilograms."
            return Refused(code="weight_not_credible", why=why, findings=against)
    return actions.record(patient.pk, results, by=by, now=now, command_id=command_id)


def _weights(items: Iterable[Item]) -> Iterator[weights.Weighed]:
    """Those of the items that are a weight in kilograms of a known day."""
    for item in items:
        known = WEIGHT in compiled(base()).members(item) and item.unit == KG
        if known and item.value is not None and item.value > 0 and item.day is not None:
            yield weights.Weighed(item.value, item.day)


def _find(every: Iterable[Standing], rule: str) -> Standing | None:
    return next((test for test in every if test.booking.rule == rule), None)


def _unknown(rule: str) -> Refused:
    return Refused(code="test_not_known", why=f"There is no test {rule}. Reload the page and choose again.")


def _ordered(rule: str, items: set[str], care: Care) -> Recorded | None:
    """The last order of the test, unless a result of something that it looks at was recorded after it."""
    orders = [one for one in care.test_orders if isinstance(one.event, TestOrdered) and one.event.finding.rule == rule]
    if not orders:
        return None
    results = (line for line in care.lines if line.place == "observations" and line.n > orders[0].n)
    came = any(items & compiled(base()).members(line.item) for line in results)
    return None if came else orders[0]
