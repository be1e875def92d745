"""A chair to sit a session in: commands go through `decide`, events into a ledger, and the state is always its fold."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from norket import knowledge
from norket.knowledge import KnowledgeBase
from norket.therapy.actor import SYSTEM, Actor
from norket.therapy.finding import Refused
from norket.therapy.plan.order import Limit, Order
from norket.therapy.recovery.gates import findings
from norket.therapy.session import events as e
from norket.therapy.session.decide import decide
from norket.therapy.session.fold import fold
from norket.therapy.session.samples import UNITS, Sample
from norket.therapy.session.state import Alert, SessionState
from norket.therapy.session.watch import due

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
IDS = ("MRN-1", "1980-01-01")
NURSE = Actor(id="nurse-1", name="Nora", roles=frozenset({"nurse"}))
PRESCRIBER = Actor(id="doc-1", name="Pia", roles=frozenset({"prescriber"}))
ANAESTHETIST = Actor(id="ana-1", name="Ana", roles=frozenset({"anaesthetist"}))
CAP = Limit(mg_kg=1.0, mg=100.0, mg_h=150.0, mg_kg_h=1.5)
CEILING = Limit(mg_kg=1.25, mg=125.0, mg_h=187.5, mg_kg_h=1.875)
ASKED = (
    "consent",
    "sober_today",
    "suicide_screen",
    "medicines_unchanged",
    "allergies_checked",
    "glucose_checked",
    "interpreter",
)
VITALS = {"sbp_mmhg": 120.0, "dbp_mmhg": 75.0, "hr_per_min": 70.0, "spo2_percent": 98.0, "rr_per_min": 14.0}


def order(**changes: Any) -> Order:
    """0.5 mg/kg over 40 min for 70 kg at 1 mg/mL: 35 mg, 52.5 mL/h."""
    usual: dict[str, Any] = {
        "id": "order-1",
        "dose_row": "doses.d01",
        "drug": "ketamine",
        "route": "iv",
        "text": "0.5 mg/kg iv over 40 min",
        "amount_mg": 35.0,
        "duration_min": 40.0,
        "weight_kg": 70.0,
        "weight_measured_on": date(2026, 11, 13),
        "concentration_mg_ml": 1.0,
        "rate_low_mg_h": 20.0,
        "rate_high_mg_h": 80.0,
        "cap": CAP,
        "ceiling": CEILING,
        "edition": "test",
        "signed_by": "doc-1",
        "signed_at": START,
    }
    return Order(**(usual | changes))


class Chair:
    """One session. Times are minutes after 09:00 UTC."""

    def __init__(self, base: KnowledgeBase, order: Order | None, **plan: Any) -> None:
        self.base = base
        self.ledger: list[e.Recorded] = []
        self.oximeter = True  # one is on, and what it shows is not trusted: it is not missed and moves nothing
        usual = {"psychiatric_indication": True, "first_session": False, "age_y": 45.0, "sex": "female"}
        self.record(START, e.SessionPlanned(patient_id="p", identifiers=IDS, chair="1", order=order, **(usual | plan)))

    @property
    def state(self) -> SessionState:
        return fold(self.ledger, "s1")

    def at(self, minute: float) -> datetime:
        return START + timedelta(minutes=minute)

    def record(self, at: datetime, event: e.Event, by: str = SYSTEM.id, recorded_at: datetime | None = None) -> None:
        n = len(self.ledger) + 1
        self.ledger.append(
            e.Recorded(session="s1", n=n, at=at, recorded_at=recorded_at or at, by=by, command_id=f"c{n}", event=event)
        )

    def judge(self, minute: float, type_: str, by: Actor = NURSE, **data: Any) -> tuple[e.Decided, ...] | Refused:
        """What `decide` says, without recording it. `late` gives the minute at which it happened."""
        options = {name: data.pop(name) for name in ("other_sessions", "balance_mg", "policy_signed") if name in data}
        if "late" in data:
            data["at"] = self.at(data.pop("late"))
        now, state = self.at(minute), self.state
        samples = data.pop("samples", {})
        if type_ == "discharge":
            options["gates"] = findings(state, samples, now, self.base)
        command = e.COMMAND.validate_python({"type": type_, **data})
        return decide(state, command, by=by, now=now, base=self.base, samples=samples, **options)

    def refused(self, minute: float, type_: str, by: Actor = NURSE, **data: Any) -> Refused:
        answer = self.judge(minute, type_, by, **data)
        assert isinstance(answer, Refused), answer
        return answer

    def do(self, minute: float, type_: str, by: Actor = NURSE, **data: Any) -> tuple[e.Event, ...]:
        answer = self.judge(minute, type_, by, **data)
        assert not isinstance(answer, Refused), answer
        for decided in answer:
            self.record(decided.at, decided.event, by.id, self.at(minute))
        return tuple(decided.event for decided in answer)

    def watch(self, minute: float, samples: Mapping[str, Sequence[Sample]] | None = None) -> tuple[e.Event, ...]:
        """One look of the watch; a second look at the same instant must find nothing more to do."""
        on = [self.sample(minute, "spo2_percent", 98.0, device="oximeter", artefact=True)] if self.oximeter else []
        now, tail = self.at(minute), {"spo2_percent": on, **(samples or {})}
        seen = due(self.state, tail, now, self.base)
        for decided in seen:
            self.record(decided.at, decided.event, recorded_at=now)
        assert due(self.state, tail, now, self.base) == ()
        return tuple(decided.event for decided in seen)

    def alert(self, word: str) -> Alert:
        """The latest alert whose rule has this word."""
        return [alert for alert in self.state.alerts if word in alert.rule][-1]

    def open_alerts(self) -> list[str]:
        return [alert.rule for alert in self.state.alerts if alert.cleared_at is None]

    def sample(self, minute: float, channel: str, value: float, **changes: Any) -> Sample:
        at = self.at(minute)
        usual = {"unit": UNITS[channel], "at": at, "received_at": at, "device": "monitor-1", "interval_s": 1.0}
        return Sample(**(usual | {"channel": channel, "value": value} | changes))

    def start_command(self, **changes: Any) -> dict[str, Any]:
        signed = self.state.order
        rate = signed.rate_ml_h if signed else 52.5
        strength = signed.concentration_mg_ml if signed else 1.0
        return {
            "order_id": "order-1",
            "product_id": "ketamine-10",
            "concentration_mg_ml": strength,
            "rate_ml_h": rate,
            "identifiers": IDS,
        } | changes

    def arrive(self, *, but: str = "") -> None:
        """The questions of the day in one go, except the item named."""
        times = {"last_food_at": self.at(-9 * 60), "last_fluid_at": self.at(-3 * 60)}
        escort = {"escort_name": "Eva", "escort_phone": "555 0100"}
        self.do(
            -20,
            "record_arrival",
            answers={item: "yes" for item in ASKED if item != but},
            **({} if but == "fasting" else times),
            **({} if but == "escort_booked" else escort),
        )

    def prepare(self, *, but: str = "") -> "Chair":
        """Everything before the start, except the item named."""
        if but != "identity":
            self.do(-30, "check_in", identifiers=IDS)
        self.arrive(but=but)
        for item in ("cannula_in", "alert_sound_tested"):
            if but != item:
                self.do(-20, "record_preflight", item=item, answer="yes")
        weight = {} if but == "weight" else {"weight_kg": self.state.order.weight_kg if self.state.order else 70.0}
        scores: dict[str, Any] = {"dissociation": 0, "pain": 2, "mobility": "independent"}
        scores = {"moaas": 5} | ({} if but == "baseline" else scores)
        self.do(-15, "record_baseline", vitals=VITALS, **weight, **scores)
        signed = self.state.order
        if signed is None:
            return self
        if but != "stock":
            volume = round(signed.volume_ml * 1.5, 3)
            self.do(
                -10,
                "prepare_dose",
                product_id="ketamine-10",
                lot="L1",
                volume_ml=volume,
                drawn_mg=volume * signed.concentration_mg_ml,
                concentration_mg_ml=signed.concentration_mg_ml,
                checker="doc-1",
            )
        for by in (NURSE, PRESCRIBER):
            if but != f"time_out {by.id}":
                self.do(-2, "time_out", by, rate_ml_h=signed.rate_ml_h, volume_ml=signed.volume_ml, identifiers=IDS)
        return self

    def start(self) -> "Chair":
        self.prepare()
        self.do(0, "start_infusion", **self.start_command())
        return self


@pytest.fixture(scope="session")
def base() -> KnowledgeBase:
    return knowledge.read()


@pytest.fixture
def new_chair(base: KnowledgeBase) -> Any:
    """Makes a chair with a planned session; `order=None` for none, other changes go to the order."""

    def make(*, plan: dict[str, Any] | None = None, **changes: Any) -> Chair:
        signed = None if changes.get("order", order) is None else order(**changes)
        return Chair(base, signed, **(plan or {}))

    return make


@pytest.fixture
def chair(base: KnowledgeBase) -> Chair:
    """A planned session."""
    return Chair(base, order())


@pytest.fixture
def running(base: KnowledgeBase) -> Chair:
    """A session whose infusion began at minute 0."""
    return Chair(base, order()).start()


@pytest.fixture
def recovering(running: Chair) -> Chair:
    """A session stopped at minute 40, in recovery from minute 41, with every gate but time met at minute 160."""
    running.watch(41)
    running.do(41, "start_recovery")
    for gate in (
        "oriented",
        "gait_steady",
        "dissociation_settled",
        "suicide_risk_reviewed",
        "cannula_removed",
        "instructions_given",
    ):
        running.do(150, "record_gate", gate=gate, answer="yes")
    running.do(151, "record_score", score="moaas", value=5)
    running.do(155, "record_vitals", vitals=VITALS)
    running.do(156, "record_recovery_score", activity=2, respiration=2, consciousness=2, saturation=2)
    running.do(157, "record_escort", status="present", name="Eva", phone="1")
    return running
