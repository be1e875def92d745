"""A chair under the watch, as the record would keep it, and the days it can have: everyday ones, and true events."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random

from norket import knowledge
from norket.knowledge import Entry, KnowledgeBase
from norket.pharmacology.doses import Dose
from norket.rehearsal.patient import VirtualPatient
from norket.rehearsal.scenario import Scenario, Vitals, happen
from norket.rehearsal.session import DEVICE, session, uneventful_patient
from norket.therapy.session import arrival_events as a
from norket.therapy.session import events as e
from norket.therapy.session import pump_events as p
from norket.therapy.session import shapes
from norket.therapy.session import watch_events as o
from norket.therapy.session.criteria import HIGH, group_of
from norket.therapy.session.fold import evolve, fold
from norket.therapy.session.samples import UNITS, Sample
from norket.therapy.session.schedule import next_score_at
from norket.therapy.session.state import Alert, SessionState
from norket.therapy.session.watch import due

START = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
EVERY_S = 4.0
KEPT = timedelta(minutes=5)
SOUNDING = ("T2", "T3")
AWAKE = 5
BEGUN_MIN = 5.0
BASELINE = {"sbp_mmhg": 118.0, "dbp_mmhg": 74.0, "hr_per_min": 70.0, "spo2_percent": 97.0}


class Chair:
    """A session with its watch: every event that is due joins the ledger at once."""

    def __init__(self, baseline: dict[str, float], base: KnowledgeBase | None = None, *, first: bool = True) -> None:
        self.base = base or knowledge.read()
        self.state: SessionState = fold([], "s")
        self.raised: list[tuple[datetime, o.AlertRaised]] = []
        self.recent: dict[str, deque[Sample]] = {}
        plan = {"age_y": 45.0, "sex": "female", "psychiatric_indication": True, "first_session": first}
        self.happened(START, e.SessionPlanned(patient_id="p", identifiers=("a", "b"), chair="1", **plan))
        self.happened(START, a.CheckedIn())
        vitals = shapes.Vitals(**baseline)
        self.happened(START, a.BaselineRecorded(weight_kg=70.0, vitals=vitals, moaas=5, dissociation=0))
        self.happened(START, o.DeviceBound(device_id=DEVICE))
        self.happened(START, a.PreflightRecorded(item="cannula_in", answer="yes"))

    def begin(self, at: datetime) -> None:
        pump = {"concentration_mg_ml": 1.0, "rate_ml_h": 52.5, "volume_ml": 35.0}
        self.happened(at, p.InfusionStarted(order_id="o", product_id="k", **pump))

    def happened(self, at: datetime, event: e.Event) -> None:
        n = self.state.version + 1
        recorded = e.Recorded(session="s", n=n, at=at, recorded_at=at, by="nurse", command_id=f"c{n}", event=event)
        self.state = evolve(self.state, recorded)

    def saw(self, at: datetime, samples: Sequence[Sample] = ()) -> None:
        """Takes what the monitor sent and looks once."""
        for sample in samples:
            tail = self.recent.setdefault(sample.channel, deque())
            tail.append(sample)
            while len(tail) > 1 and at - tail[0].at > KEPT:
                tail.popleft()
        for item in due(self.state, self.recent, at, self.base):
            if isinstance(item.event, o.AlertRaised):
                self.raised.append((at, item.event))
            self.happened(item.at, item.event)

    @property
    def open(self) -> list[Alert]:
        return [alert for alert in self.state.alerts if alert.cleared_at is None]

    @property
    def sounding(self) -> list[str]:
        return [f"{alert.tier} {alert.rule}: {alert.why}" for _, alert in self.raised if alert.tier in SOUNDING]


# ---- everyday sessions ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Everyday(VirtualPatient):
    """A patient in whom nothing goes wrong, with what every day brings beside the drug: motion and a normal rise, and
    as `also` says a cuff that fails and a walk to the toilet."""

    also: tuple[Scenario, ...] = ()

    def course(self, times_min: Sequence[float], doses: Sequence[Dose]) -> list[Vitals]:
        started = min(dose.start_min for dose in doses)
        return [self._with(vitals, started) for vitals in super().course(times_min, doses)]

    def _with(self, vitals: Vitals, started: float) -> Vitals:
        for scenario in self.also:
            failed, vitals = vitals.cuff_fails, happen(vitals, scenario, started, self.seed, self.figures)
            vitals = replace(vitals, cuff_fails=vitals.cuff_fails or failed)
        return vitals


def everyday(seed: int) -> Everyday:
    """The seed's patient; every second cuff fails once, every second patient walks."""
    calm = uneventful_patient(seed)
    also: tuple[Scenario, ...] = (*(("failed_cuff",) if seed % 2 else ()), *(("toilet_walk",) if seed // 2 % 2 else ()))
    return Everyday(calm.seed, calm.weight_kg, calm.age_y, calm.sex, calm.height_cm, also=also)


def rehearse(
    patient: VirtualPatient,
    *,
    lasts_min: float = 185.0,
    every_s: float = EVERY_S,
    walk_told: bool = False,
) -> Chair:
    """One session at the usual dose from minute 5, with a nurse who looks when it is due. `walk_told`: who walks is
    said to be off the monitor and back."""
    channels = ("sbp_mmhg", "dbp_mmhg", "hr_per_min", "spo2_percent")
    chair = Chair({channel: float(round(patient.baseline(channel))) for channel in channels})
    walk = START + timedelta(minutes=BEGUN_MIN + patient.figures.value("rehearsal.toilet_walk", "begins_min"))
    home = walk + timedelta(minutes=patient.figures.value("rehearsal.toilet_walk", "lasts_min"))
    moments = session(
        patient, [Dose(35, start_min=BEGUN_MIN, duration_min=40)], START, lasts_min=lasts_min, every_s=every_s
    )
    done: set[str] = set()
    for moment in moments:
        steps: list[tuple[str, datetime, Callable[[datetime], None]]] = [
            ("begin", START + timedelta(minutes=BEGUN_MIN), chair.begin)
        ]
        if walk_told:
            steps.append(("walk", walk, lambda at: chair.happened(at, o.MonitoringSuspended(until=at + KEPT))))
            steps.append(("home", home, lambda at: chair.happened(at, o.MonitoringResumed())))
        for name, at, act in steps:
            if name not in done and at <= moment.at:
                done.add(name)
                act(moment.at)
        look_at = next_score_at(chair.state, moment.at, chair.base)
        if look_at is not None and look_at <= moment.at:
            seen = round(AWAKE - moment.vitals.moaas)
            chair.happened(moment.at, o.ScoreRecorded(score="watched_sedation", value=seen))
        chair.saw(moment.at, moment.samples)
    return chair


# ---- true events ---------------------------------------------------------------------------------------------------

STEPS = {"sbp_mmhg": 8, "dbp_mmhg": 6, "hr_per_min": 8, "spo2_percent": 4, "rr_per_min": 3}
NORMAL = BASELINE | {"rr_per_min": 14.0}
CONTINUOUS = ("hr_per_min", "spo2_percent", "rr_per_min")
LATE_S = 2.0  # how long after it could first be known an alert may come: two looks
SCALES = {"moaas": (0, 5), "watched_sedation": (0, 3), "watched_distress": (0, 3)}
RISE_BASELINE = 112.0


@dataclass
class TrueEvent:
    """One event that has to be told: the criterion, how it is reported, and when."""

    rule: Entry
    by_device: bool
    random: Random
    chair: Chair
    at: datetime
    told_after_s: float | None = field(default=None)

    @property
    def channel(self) -> str:
        return str(self.rule.data["channel"])


def true_event(rule: Entry, by_device: bool, seed: int, base: KnowledgeBase) -> TrueEvent:
    """The criterion met at a random moment of the infusion or of recovery, among the noise of an ordinary monitor."""
    random = Random(f"{rule.id}|{by_device}|{seed}")
    own = BASELINE | ({"sbp_mmhg": RISE_BASELINE} if "rise" in rule.id else {})
    chair = Chair(own, base, first=bool(seed % 2))
    chair.begin(START)
    at = START + timedelta(seconds=random.uniform(240, 4200))
    event = TrueEvent(rule, by_device, random, chair, at)
    chair.happened(at - timedelta(seconds=60), o.ScoreRecorded(score="watched_sedation", value=0))
    _noise(event)
    return event


def _noise(event: TrueEvent) -> None:
    """Four minutes of ordinary values at 1 Hz, seen once at their end: lost samples, artefacts, a cuff now and then."""
    for second in range(-240, 0):
        at = event.at + timedelta(seconds=second)
        for channel in CONTINUOUS:
            if event.random.random() < 0.9:
                _put(event.chair, sample(channel, _around(event.random, channel), at))
            if event.random.random() < 0.01:
                _put(event.chair, sample(channel, 20.0, at + timedelta(milliseconds=300), artefact=True))
    cuff = event.at - timedelta(seconds=event.random.uniform(60, 200))
    for channel in ("sbp_mmhg", "dbp_mmhg"):
        _put(event.chair, sample(channel, _around(event.random, channel), cuff))
    event.chair.saw(event.at - timedelta(seconds=1))
    event.chair.raised.clear()


def _around(random: Random, channel: str) -> float:
    spread = {"sbp_mmhg": 4, "dbp_mmhg": 3, "hr_per_min": 3, "spo2_percent": 0.6, "rr_per_min": 0.8}[channel]
    value = round(random.gauss(NORMAL[channel], spread))
    return float(min(value, 100) if channel == "spo2_percent" else value)


def sample(channel: str, value: float, at: datetime, *, artefact: bool = False) -> Sample:
    interval_s = 1.0 if channel in CONTINUOUS else 600.0
    return Sample.model_validate(
        {
            "channel": channel,
            "value": value,
            "unit": UNITS[channel],
            "at": at,
            "received_at": at,
            "device": DEVICE,
            "interval_s": interval_s,
            "artefact": artefact,
        }
    )


def _put(chair: Chair, one: Sample) -> None:
    tail = chair.recent.setdefault(one.channel, deque())
    tail.append(one)


def told(event: TrueEvent) -> bool:
    """Lets it happen and looks each second until the alert must have come; whether one of its tier or above did."""
    holds_s = float(event.rule.data["for_s"])
    again_s = 60.0 if int(event.rule.data["readings"]) > 1 else 0.0
    value = _value(event)
    if not event.by_device:
        _report(event, event.at, value)
    for second in range(int(holds_s + again_s + LATE_S) + 1):
        at = event.at + timedelta(seconds=second)
        if again_s and second == int(again_s) and not event.by_device:
            _report(event, at, value)
        event.chair.saw(at, list(_sent(event, at, second, value, again_s)))
        if _answered(event):
            event.told_after_s = second - holds_s - again_s
            return True
    return False


def _sent(event: TrueEvent, at: datetime, second: int, value: float, again_s: float) -> Iterator[Sample]:
    for channel in CONTINUOUS:
        mine = event.by_device and channel == event.channel
        if mine and (second == 0 or event.random.random() < 0.9):
            yield sample(channel, value, at)
        elif not mine and channel != event.channel:
            yield sample(channel, _around(event.random, channel), at)
    cuff = event.by_device and event.channel not in CONTINUOUS
    if cuff and second in (0, int(again_s)):
        yield sample(event.channel, value, at)


def _value(event: TrueEvent) -> float:
    """Past the figure by a random step, on its firing side."""
    if event.rule.data["comparison"] == "is":
        return 0.0
    figure = knowledge.read().figure(event.rule.id).value
    if event.channel in SCALES:
        return figure
    step = event.random.randint(1, STEPS[event.channel])
    return float(figure + step if event.rule.data["comparison"] in HIGH else figure - step)


def _report(event: TrueEvent, at: datetime, value: float) -> None:
    """A person says it: a value, a score, a symptom, a call, or a fact against the order."""
    chair, code = event.chair, event.rule.data.get("code")
    match event.channel:
        case "event":
            if any(need["channel"] == "moaas" and need["comparison"] == "<=" for need in event.rule.data["needs"]):
                chair.happened(at, o.ScoreRecorded(score="moaas", value=4))
            again = any(need["channel"] == "reports" for need in event.rule.data["needs"])
            for _ in range(2 if again else 1):
                chair.happened(at, o.EventRecorded(event=code))
        case "serious":
            told = {"grade": 4} if code == "serious" and event.rule.data["tier"] == "T3" else {"hospital": True}
            chair.happened(at, o.EventRecorded(event="other", **told))
        case "concern":
            again = any(need["channel"] == "reports" for need in event.rule.data["needs"])
            for _ in range(2 if again else 1):
                chair.happened(at, o.ConcernRaised(concern=code))
        case "flag":
            chair.happened(at, o.VitalsRecorded(vitals=shapes.Vitals(temp_c=36.8), flags=(code,)))
        case score if score in SCALES:
            chair.happened(at, o.ScoreRecorded(score=score, value=int(value)))
        case vital:
            chair.happened(at, o.VitalsRecorded(vitals=shapes.Vitals(**{vital: value})))


def _answered(event: TrueEvent) -> bool:
    """Whether an alert stands that speaks of this sign or report, at its tier or above."""
    for _, alert in event.chair.raised:
        rule = knowledge.read().entry(alert.rule)
        same = rule.id == event.rule.id or (
            event.rule.data["comparison"] != "is"
            and rule.data.get("comparison") not in (None, "is")
            and group_of(rule) == group_of(event.rule)
        )
        prompt = ".first:" in alert.alert_id and int(event.rule.data["readings"]) > 1
        if same and not prompt and alert.tier >= event.rule.data["tier"]:
            return True
    return False
