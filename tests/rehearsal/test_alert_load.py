"""How often a session in which nothing goes wrong would sound: the goal is once in three hours at most."""

from collections import deque
from datetime import UTC, datetime, timedelta

import pytest

from norket import knowledge
from norket.pharmacology.doses import Dose
from norket.rehearsal.patient import VirtualPatient
from norket.rehearsal.scenario import Scenario
from norket.rehearsal.session import DEVICE, session, uneventful_patient, uneventful_session
from norket.therapy.session import events as e
from norket.therapy.session.fold import evolve, fold
from norket.therapy.session.samples import Sample
from norket.therapy.session.schedule import next_score_at
from norket.therapy.session.state import SessionState
from norket.therapy.session.watch import due

START = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
EVERY_S = 4.0
KEPT = timedelta(minutes=5)
SOUNDING = ("T2", "T3")
AWAKE = 5


class Chair:
    """A session with its watch, as the record would keep it: every event that is due joins the ledger at once."""

    def __init__(self, patient: VirtualPatient) -> None:
        self.state: SessionState = fold([], "s")
        self.raised: list[e.AlertRaised] = []
        self.recent: dict[str, deque[Sample]] = {}
        channels = ("sbp_mmhg", "dbp_mmhg", "hr_per_min", "spo2_percent")
        baseline = e.Vitals(**{channel: round(patient.baseline(channel)) for channel in channels})
        self.happened(
            START,
            e.SessionPlanned(
                patient_id="p",
                identifiers=("a", "b"),
                chair="1",
                age_y=45.0,
                sex="female",
                psychiatric_indication=True,
                first_session=True,
            ),
        )
        self.happened(START, e.CheckedIn())
        self.happened(START, e.BaselineRecorded(weight_kg=70.0, vitals=baseline, moaas=5, dissociation=0))
        self.happened(START, e.DeviceBound(device_id=DEVICE))
        self.happened(START, e.PreflightRecorded(item="cannula_in", answer="yes"))

    def happened(self, at: datetime, event: e.Event) -> None:
        n = self.state.version + 1
        recorded = e.Recorded(session="s", n=n, at=at, recorded_at=at, by="nurse", command_id=f"c{n}", event=event)
        self.state = evolve(self.state, recorded)

    def looked(self, at: datetime, moaas: float) -> None:
        """The nurse's look at the chair, whenever it is due: sedation as watched."""
        self.happened(at, e.ScoreRecorded(score="watched_sedation", value=round(AWAKE - moaas)))

    def saw(self, at: datetime, samples: tuple[Sample, ...]) -> None:
        for sample in samples:
            tail = self.recent.setdefault(sample.channel, deque())
            tail.append(sample)
            while len(tail) > 1 and at - tail[0].at > KEPT:
                tail.popleft()
        for item in due(self.state, self.recent, at, knowledge.read()):
            if isinstance(item.event, e.AlertRaised):
                self.raised.append(item.event)
            self.happened(item.at, item.event)

    @property
    def sounding(self) -> list[str]:
        return [f"{alert.tier} {alert.rule}: {alert.why}" for alert in self.raised if alert.tier in SOUNDING]


def rehearse(seed: int, scenario: Scenario = "uneventful", lasts_min: float = 185.0) -> Chair:
    patient = uneventful_patient(seed) if scenario == "uneventful" else VirtualPatient(seed, scenario=scenario)
    chair = Chair(patient)
    if scenario == "uneventful":
        moments = uneventful_session(seed, START, lasts_min=lasts_min, every_s=EVERY_S)
    else:
        dose = Dose(35, start_min=5, duration_min=40)
        moments = session(patient, [dose], START, lasts_min=lasts_min, every_s=EVERY_S)
    begun = False
    for moment in moments:
        if not begun and moment.vitals.time_min >= 5:
            begun = True
            chair.happened(
                moment.at,
                e.InfusionStarted(
                    order_id="o",
                    product_id="k",
                    concentration_mg_ml=1.0,
                    rate_ml_h=52.5,
                    volume_ml=35.0,
                ),
            )
        look_at = next_score_at(chair.state, moment.at, knowledge.read())
        if look_at is not None and look_at <= moment.at:
            chair.looked(moment.at, moment.vitals.moaas)
        chair.saw(moment.at, moment.samples)
    return chair


@pytest.mark.parametrize("seed", range(4))
def test_an_uneventful_session_of_three_hours_sounds_at_most_once(seed: int) -> None:
    most = knowledge.read().figure("escalation.sounding_goal", "max_alerts").value
    chair = rehearse(seed)
    assert chair.state.phase == "stopped"
    assert len(chair.sounding) <= most, chair.sounding


@pytest.mark.faults
@pytest.mark.long
def test_a_hundred_uneventful_sessions_sound_at_most_once_each() -> None:
    most = knowledge.read().figure("escalation.sounding_goal", "max_alerts").value
    loud = {seed: chair.sounding for seed in range(100) if len((chair := rehearse(seed)).sounding) > most}
    assert not loud


@pytest.mark.parametrize("seed", range(2))
def test_a_climbing_pressure_sounds_before_the_end_of_the_infusion(seed: int) -> None:
    chair = rehearse(seed, "climber", lasts_min=45)
    assert any("bp_high" in line for line in chair.sounding), chair.sounding


def test_a_desaturation_sounds() -> None:
    chair = rehearse(1, "desaturation", lasts_min=30)
    assert any("spo2" in line for line in chair.sounding), chair.sounding


def test_a_sensor_that_falls_off_sounds_as_a_technical_alert() -> None:
    chair = rehearse(1, "sensor_off", lasts_min=25)
    technical = [alert.rule for alert in chair.raised if alert.technical and alert.tier in SOUNDING]
    assert technical == ["monitoring.feed_dead"]


def test_a_walk_to_the_toilet_in_recovery_does_not_sound() -> None:
    chair = rehearse(1, "toilet_walk", lasts_min=115)
    assert chair.sounding == []
    assert any(alert.rule == "monitoring.feed_dead" for alert in chair.raised)


def test_one_failed_cuff_does_not_sound() -> None:
    chair = rehearse(1, "failed_cuff", lasts_min=30)
    assert chair.sounding == []
