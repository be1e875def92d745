"""From a patient's ledger to what is known now."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, get_args

from norket.therapy.assessment.trials import Trial
from norket.therapy.care import events as e
from norket.therapy.chart import Chart, Item, Patient, Sex, Status
from norket.therapy.goals import Choice
from norket.therapy.plan.course import SignedCourse

PLACES: tuple[e.Place, ...] = get_args(e.Place)
# What follows from a chart and changes nothing in it.
DECISIONS = (
    e.Screened,
    e.FindingOverridden,
    e.ConsentSigned,
    e.ConsentEnded,
    e.ChoiceRecorded,
    e.GoalSet,
    e.GoalDropped,
    e.MedicineDecided,
    e.TestOrdered,
    e.TestWaived,
    e.CapacityRecorded,
    e.ScoreRecorded,
    e.RiskAnswered,
    e.DecisionTakenBack,
    e.FrailtyRecorded,
    e.ReferralReceived,
    e.DoseReported,
    e.ElsewhereAsked,
    e.CourseSigned,
    e.CourseEnded,
)
# What may be taken back, and what changes the findings beside the chart.
TAKEN_BACK = (e.TestOrdered, e.TestWaived, e.MedicineDecided, e.TreatmentTried, e.DocumentRecorded, e.DoseReported)
SETTLES = (e.FindingOverridden, e.TestWaived, e.MedicineDecided, e.DecisionTakenBack)


@dataclass(frozen=True)
class Line:
    """A line of the chart that counts: where it stands, and which event brought it."""

    n: int
    index: int
    place: e.Place
    item: Item
    recorded: e.Recorded


@dataclass(frozen=True)
class Care:
    """What a patient's ledger says. `version` is the number of its last event, `chart_n` of the last that changed the
    chart; what is listed is newest first. `goals` are those that stand, `goal_events` all that was ever said of them.
    `tried` are treatments of before, `written` the documents that rules ask for. `decided_n` is the number of the last
    event that settled a finding or took that back. Medicine decisions, orders of tests and waivers are those that were
    not `taken_back`; `ever_decided` holds the others too."""

    version: int
    chart_n: int
    lines: tuple[Line, ...]
    pregnancy_potential: Status
    imports: tuple[e.Recorded, ...]
    screenings: tuple[e.Recorded, ...]
    overrides: tuple[e.Recorded, ...]
    tried: tuple[e.Recorded, ...]
    written: tuple[e.Recorded, ...]
    consents: tuple[e.Recorded, ...]
    consent_ends: tuple[e.Recorded, ...]
    choices: tuple[e.Recorded, ...]
    goals: tuple[e.Recorded, ...]
    goal_events: tuple[e.Recorded, ...]
    decided_n: int
    medicine_decisions: tuple[e.Recorded, ...]
    test_orders: tuple[e.Recorded, ...]
    test_waivers: tuple[e.Recorded, ...]
    capacities: tuple[e.Recorded, ...]
    scores: tuple[e.Recorded, ...]
    risk_answers: tuple[e.Recorded, ...]
    taken_back: tuple[e.Recorded, ...]
    ever_decided: tuple[e.Recorded, ...]
    doses_elsewhere: tuple[e.Recorded, ...]
    asked_elsewhere: tuple[e.Recorded, ...]
    courses: tuple[e.Recorded, ...]
    course_ends: tuple[e.Recorded, ...]

    @property
    def course(self) -> SignedCourse | None:
        """The plan that runs: the last one that was signed and has not ended."""
        over = {one.event.ended.course_id for one in self.course_ends if isinstance(one.event, e.CourseEnded)}
        signed = (one.event.signed for one in self.courses if isinstance(one.event, e.CourseSigned))
        return next((one for one in signed if one.id not in over), None)

    referrals: tuple[e.Recorded, ...]
    frailties: tuple[e.Recorded, ...]

    @property
    def frailty(self) -> Status | None:
        """Whether this person is frail, as it was recorded last; None where nobody was asked."""
        last = self.frailties[0].event if self.frailties else None
        return last.status if isinstance(last, e.FrailtyRecorded) else None

    @property
    def trials(self) -> tuple[Trial, ...]:
        """The treatments that were tried before, the first recorded first."""
        return tuple(one.event.trial for one in reversed(self.tried) if isinstance(one.event, e.TreatmentTried))

    @property
    def documents(self) -> dict[str, date]:
        """The newest day of each document that was recorded."""
        days = [(one.event.document, one.event.on) for one in self.written if isinstance(one.event, e.DocumentRecorded)]
        return dict(sorted(days))

    @property
    def choice(self) -> Choice | None:
        """What the patient chose last."""
        last = self.choices[0].event if self.choices else None
        return last.choice if isinstance(last, e.ChoiceRecorded) else None

    def chart(self, birth_date: date | None, sex: Sex) -> Chart:
        """The chart of a patient who is otherwise known by birth date and sex."""
        patient = Patient(birth_date=birth_date, sex=sex, pregnancy_potential=self.pregnancy_potential)
        items: dict[str, Any] = {
            place: tuple(line.item for line in self.lines if line.place == place) for place in PLACES
        }
        return Chart(patient=patient, **items)


def fold(ledger: Iterable[e.Recorded]) -> Care:
    """The state after `ledger`, in whatever order its events are passed."""
    ordered = sorted(ledger, key=lambda one: one.n)
    withdrawn = {(one.event.n, one.event.index) for one in ordered if isinstance(one.event, e.LineWithdrawn)}
    potential: Status = "unknown"
    for one in ordered:
        if isinstance(one.event, e.PregnancyPotentialRecorded):
            potential = one.event.status
        elif isinstance(one.event, e.ChartImported) and one.event.chart.patient.pregnancy_potential != "unknown":
            potential = one.event.chart.patient.pregnancy_potential
    return Care(
        version=ordered[-1].n if ordered else 0,
        chart_n=max((one.n for one in ordered if not isinstance(one.event, DECISIONS)), default=0),
        lines=tuple(line for one in ordered for line in lines(one) if (line.n, line.index) not in withdrawn),
        pregnancy_potential=potential,
        imports=_newest(ordered, e.ChartImported),
        screenings=_newest(ordered, e.Screened),
        overrides=_newest(ordered, e.FindingOverridden),
        tried=_standing(ordered, e.TreatmentTried),
        written=_standing(ordered, e.DocumentRecorded),
        consents=_newest(ordered, e.ConsentSigned),
        consent_ends=_newest(ordered, e.ConsentEnded),
        choices=_newest(ordered, e.ChoiceRecorded),
        goals=_goals(ordered),
        goal_events=tuple(one for one in reversed(ordered) if isinstance(one.event, e.GoalSet | e.GoalDropped)),
        decided_n=max((one.n for one in ordered if isinstance(one.event, SETTLES)), default=0),
        medicine_decisions=_standing(ordered, e.MedicineDecided),
        test_orders=_standing(ordered, e.TestOrdered),
        test_waivers=_standing(ordered, e.TestWaived),
        capacities=_newest(ordered, e.CapacityRecorded),
        scores=_newest(ordered, e.ScoreRecorded),
        risk_answers=_newest(ordered, e.RiskAnswered),
        taken_back=_newest(ordered, e.DecisionTakenBack),
        frailties=_newest(ordered, e.FrailtyRecorded),
        ever_decided=tuple(one for one in reversed(ordered) if isinstance(one.event, TAKEN_BACK)),
        doses_elsewhere=_standing(ordered, e.DoseReported),
        asked_elsewhere=_newest(ordered, e.ElsewhereAsked),
        courses=_newest(ordered, e.CourseSigned),
        course_ends=_newest(ordered, e.CourseEnded),
        referrals=_newest(ordered, e.ReferralReceived),
    )


def _goals(ordered: Sequence[e.Recorded]) -> tuple[e.Recorded, ...]:
    """The goals that no later event changed or dropped."""
    gone = {one.event.instead_of for one in ordered if isinstance(one.event, e.GoalSet)}
    gone |= {one.event.n for one in ordered if isinstance(one.event, e.GoalDropped)}
    return tuple(one for one in _newest(ordered, e.GoalSet) if one.n not in gone)


def _standing(ordered: Sequence[e.Recorded], kind: type[e.Event]) -> tuple[e.Recorded, ...]:
    """Those of a kind that no later event took back."""
    gone = {one.event.n for one in ordered if isinstance(one.event, e.DecisionTakenBack)}
    return tuple(one for one in _newest(ordered, kind) if one.n not in gone)


def _newest(ordered: Sequence[e.Recorded], kind: type[e.Event]) -> tuple[e.Recorded, ...]:
    return tuple(one for one in reversed(ordered) if isinstance(one.event, kind))


def lines(recorded: e.Recorded) -> Iterator[Line]:
    """The lines of the chart that one event brought, numbered from 0."""
    event = recorded.event
    if isinstance(event, e.LineRecorded):
        yield Line(recorded.n, 0, event.place, event.item, recorded)
    if isinstance(event, e.MedicineRecorded):
        yield Line(recorded.n, 0, "medicines", event.item, recorded)
    if isinstance(event, e.ChartImported):
        every = ((place, item) for place in PLACES for item in getattr(event.chart, place))
        for index, (place, item) in enumerate(every):
            yield Line(recorded.n, index, place, item, recorded)
