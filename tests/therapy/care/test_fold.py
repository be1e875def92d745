"""What is known of a patient follows from the ledger of their care, and nothing in it is lost."""

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from norket.therapy.assessment.instruments import Scored
from norket.therapy.care import events as e
from norket.therapy.care.fold import PLACES, fold, lines
from norket.therapy.chart import Chart, Item, MedicineItem
from norket.therapy.consent.sign import Capacity
from norket.therapy.finding import Finding
from norket.therapy.medicines import Decision
from norket.therapy.screening.waiver import Waiver

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
ASTHMA = Item(system="icd10cm", code="J45.909", status="yes")
LITHIUM = MedicineItem(system="rxnorm", code="6448", status="yes", daily_dose=900.0, daily_unit="mg")


def ledger(*events: e.Event) -> list[e.Recorded]:
    return [e.Recorded(n=n, recorded_at=NOW, by="somebody", event=one) for n, one in enumerate(events, start=1)]


def line(place: e.Place, text: str) -> e.Event:
    if place == "medicines":
        return e.MedicineRecorded(item=MedicineItem(text=text, status="yes"))
    return e.LineRecorded(place=place, item=Item(text=text, status="yes"))


def chart(*events: e.Event) -> Chart:
    return fold(ledger(*events)).chart(date(1980, 1, 1), "female")


def test_nothing_is_known_of_an_empty_ledger() -> None:
    assert chart() == Chart(patient={"birth_date": date(1980, 1, 1), "sex": "female"})
    assert fold([]).version == 0


def test_lines_by_hand_and_from_elsewhere_stand_beside_each_other() -> None:
    brought = e.ChartImported(name="letter.json", sha256="0", chart=Chart(conditions=(ASTHMA,), medicines=(LITHIUM,)))
    found = chart(e.LineRecorded(place="conditions", item=Item(text="migraine", status="yes")), brought)
    assert [one.text or one.code for one in found.conditions] == ["migraine", "J45.909"]
    assert found.medicines == (LITHIUM,)


def test_a_withdrawn_line_counts_no_more_and_its_neighbours_do() -> None:
    brought = e.ChartImported(name="letter.json", sha256="0", chart=Chart(conditions=(ASTHMA,), medicines=(LITHIUM,)))
    found = chart(brought, e.LineWithdrawn(n=1, index=0, reason="another patient's"))
    assert found.conditions == ()
    assert found.medicines == (LITHIUM,)


def test_the_last_word_on_pregnancy_counts_and_an_import_that_does_not_know_says_nothing() -> None:
    said = e.PregnancyPotentialRecorded(status="yes")
    silent = e.ChartImported(name="letter.json", sha256="0", chart=Chart())
    assert chart(said, silent).patient.pregnancy_potential == "yes"
    assert chart(said, e.PregnancyPotentialRecorded(status="unknown")).patient.pregnancy_potential == "unknown"


def test_what_could_not_be_read_stays_with_the_import() -> None:
    brought = e.ChartImported(name="letter.json", sha256="0", chart=Chart(), not_read=({"type": "Goal"},))
    (kept,) = fold(ledger(brought)).imports
    assert isinstance(kept.event, e.ChartImported)
    assert kept.event.not_read == ({"type": "Goal"},)


@given(st.lists(st.sampled_from(PLACES), max_size=8), st.data())
def test_every_line_of_every_event_counts_unless_withdrawn(places: list[e.Place], data: st.DataObject) -> None:
    written = ledger(*(line(place, str(n)) for n, place in enumerate(places)))
    gone = data.draw(st.sets(st.sampled_from(range(1, len(places) + 1)))) if places else set()
    taken = [e.LineWithdrawn(n=n, index=0, reason="wrong") for n in sorted(gone)]
    whole = [*written, *(one.model_copy(update={"n": one.n + len(written)}) for one in ledger(*taken))]
    found = fold(data.draw(st.permutations(whole)))
    assert {(one.n, one.item.text) for one in found.lines} == {
        (one.n, each.item.text) for one in written if one.n not in gone for each in lines(one)
    }


def test_events_are_written_and_read_as_they_are() -> None:
    for event in (
        e.LineRecorded(place="conditions", item=ASTHMA),
        e.MedicineRecorded(item=LITHIUM),
        e.LineWithdrawn(n=1, index=0, reason="wrong"),
        e.PregnancyPotentialRecorded(status="no"),
        e.ChartImported(
            name="a", sha256="0", chart=Chart(observations=(Item(text="weight", value=70.0, unit="kg", at=NOW),))
        ),
    ):
        assert e.EVENT.validate_json(e.EVENT.dump_json(event)) == event


ASKED = e.Asked(on=date(2026, 12, 1), route="iv")
WAIVER = Waiver(rule="tests.tst_06", by="doc-1", reason="healthy", at=NOW, until=date(2027, 6, 1))
DUE = Finding(rule="tests.tst_06", edition="e", state="fires", action="TASK", why="none")
DECISION = Decision(
    n=1,
    index=0,
    medicine=LITHIUM,
    route="iv",
    found="continue",
    findings=(DUE,),
    edition="e",
    mark="m",
    verdict="review",
    note="",
    together_with="",
    by="doc-1",
    at=NOW,
)
DECIDED: tuple[e.Event, ...] = (
    e.TestOrdered(asked=ASKED, finding=DUE),
    e.TestWaived(asked=ASKED, waiver=WAIVER),
    e.MedicineDecided(asked=ASKED, decision=DECISION),
)
BESIDE: tuple[e.Event, ...] = (
    e.CapacityRecorded(capacity=Capacity(understands="yes", by="doc-1")),
    e.ScoreRecorded(
        score=Scored(instrument="instruments.moca", edition="e", method="entered", total=24.0),
        on=date(2026, 11, 20),
        source="Dr Glass",
    ),
    e.RiskAnswered(findings=(DUE,), done="spoke with her"),
)


def test_assessments_and_decisions_are_written_and_read_as_they_are() -> None:
    for event in (*DECIDED, *BESIDE, e.DecisionTakenBack(n=1, reason="wrong")):
        assert e.EVENT.validate_json(e.EVENT.dump_json(event)) == event


@given(st.lists(st.sampled_from(DECIDED), max_size=6), st.data())
def test_a_decision_counts_until_it_is_taken_back_and_is_never_lost(made: list[e.Event], data: st.DataObject) -> None:
    gone = data.draw(st.sets(st.sampled_from(range(1, len(made) + 1)))) if made else set()
    back = [e.DecisionTakenBack(n=n, reason="wrong") for n in sorted(gone)]
    whole = ledger(*made, *back)
    found = fold(data.draw(st.permutations(whole)))
    standing = {one.n for one in (*found.test_orders, *found.test_waivers, *found.medicine_decisions)}
    assert standing == set(range(1, len(made) + 1)) - gone
    assert {one.n for one in found.ever_decided} == set(range(1, len(made) + 1))
    assert len(found.taken_back) == len(gone)


def test_what_is_decided_or_scored_changes_no_line_and_what_settles_a_finding_says_when() -> None:
    line_ = e.MedicineRecorded(item=LITHIUM)
    found = fold(ledger(line_, *BESIDE, *DECIDED[1:], DECIDED[0]))
    assert (found.chart_n, len(found.lines), found.decided_n) == (1, 1, 6)
    assert [one.n for one in (*found.capacities, *found.scores, *found.risk_answers)] == [2, 3, 4]
