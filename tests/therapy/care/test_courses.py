"""Plans in the ledger: the one that runs is the last one signed and not ended, and none of them changes the chart."""

from datetime import UTC, date, datetime

from norket.therapy.care import events as e
from norket.therapy.care.fold import Care, fold
from norket.therapy.chart import Item
from norket.therapy.goals import Goal
from norket.therapy.plan.course import Authority, Course, Ended, SignedCourse, StopRule
from norket.therapy.plan.order import Limit, Order

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
LIMIT = Limit(mg_kg=1.0, mg=100.0, mg_h=150.0, mg_kg_h=1.5)


def signed(name: str) -> SignedCourse:
    order = Order(
        id=f"order-{name}", dose_row="doses.d01", drug="ketamine", route="iv", text="0.5 mg/kg iv over 40 min",
        amount_mg=35.0, duration_min=40.0, weight_kg=70.0, weight_measured_on=NOW.date(), concentration_mg_ml=1.0,
        rate_low_mg_h=20.0, rate_high_mg_h=80.0, cap=LIMIT, ceiling=LIMIT, edition="e", signed_by="doc-1",
        signed_at=NOW,
    )  # fmt: skip
    course = Course(
        indication="trd", drug="ketamine", route="iv", row="doses.d01", dose_text=order.text, setting="outpatient",
        goals=(Goal(measure="PHQ-9", baseline=20, target=10, by=date(2027, 1, 1)),), starts_on=date(2026, 11, 30),
        sessions=6, interval_d=3.5, stop=StopRule(rule="plans.stop_review", after_infusions=4, least_percent=20.0),
    )  # fmt: skip
    return SignedCourse(
        id=name, course=course, order=order, rescue=(), findings=(), screened=(), overridden=(), settled=(),
        authority=Authority(), edition="e", signed_by="doc-1", signed_at=NOW,
    )  # fmt: skip


def sign(name: str) -> e.Event:
    return e.CourseSigned(signed=signed(name))


def end(name: str) -> e.Event:
    return e.CourseEnded(ended=Ended(course_id=name, on=NOW.date(), why="completed"))


def care(*events: e.Event) -> Care:
    return fold(e.Recorded(n=n, recorded_at=NOW, by="doc-1", event=one) for n, one in enumerate(events, start=1))


def running(*events: e.Event) -> str | None:
    found = care(*events).course
    return found.id if found else None


def test_the_plan_that_runs_is_the_last_one_that_was_signed_and_not_ended() -> None:
    assert running() is None
    assert running(sign("a")) == "a"
    assert running(sign("a"), end("a")) is None
    assert running(sign("a"), end("a"), sign("b")) == "b"


def test_an_end_of_another_plan_ends_nothing() -> None:
    assert running(sign("a"), end("z")) == "a"


def test_every_plan_and_every_end_stays_readable_newest_first() -> None:
    found = care(sign("a"), end("a"), sign("b"))
    assert [one.n for one in found.courses] == [3, 1]
    assert [one.n for one in found.course_ends] == [2]


def test_a_plan_changes_nothing_in_the_chart() -> None:
    line = e.LineRecorded(place="conditions", item=Item(text="migraine", status="yes"))
    assert care(line, sign("a"), end("a")).chart_n == 1


def test_plans_and_ends_are_written_and_read_as_they_are() -> None:
    for event in (sign("a"), end("a")):
        assert e.EVENT.validate_json(e.EVENT.dump_json(event)) == event
