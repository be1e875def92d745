"""Whether a clinic is ready: lists of today, in date, and people who hold together what a session asks for."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from norket import knowledge
from norket.therapy.readiness.events import CredentialSeen, HoursSet, KitChecked, Line, OnSite, Recorded
from norket.therapy.readiness.fold import Readiness, fold
from norket.therapy.readiness.kit import chair_items, clinic_items, further, kit, line_state, medicines
from norket.therapy.readiness.staff import Held, staff

BASE = knowledge.read()
TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
CASES = {rule: BASE.entry(rule).cases for rule in ("readiness.kit", "readiness.staff")}


def ledger(*events: Any, at: datetime = NOW) -> Readiness:
    return fold(Recorded(n=n, at=at, by="nurse-1", event=event) for n, event in enumerate(events, start=1))


def lines(items: tuple[str, ...], **changed: Any) -> tuple[Line, ...]:
    usual: dict[str, Any] = {"ready": True, "good_until": TODAY + timedelta(days=30)}
    return tuple(Line(item=item, **(usual | changed.get(item, {}))) for item in items)


def checked(**changed: Any) -> tuple[KitChecked, KitChecked]:
    return (
        KitChecked(lines=lines(clinic_items(BASE), **changed)),
        KitChecked(chair="Chair 1", lines=lines(chair_items(BASE))),
    )


def people(valid_in_d: float | None) -> tuple[Held, ...]:
    until = {} if valid_in_d is None else dict.fromkeys(
        ("prescriber_authority", "advanced_life_support", "basic_life_support", "airway"),
        TODAY + timedelta(days=valid_in_d),
    )  # fmt: skip
    return tuple(
        Held(id=f"{role}-1", name=role, roles=frozenset({role}), valid_until=until) for role in ("prescriber", "nurse")
    )


@pytest.mark.parametrize("case", CASES["readiness.kit"], ids=lambda case: case.name)
def test_an_item_is_judged_as_its_cases_say(case: Any) -> None:
    given = case.given
    good = None if given["good_in_d"] is None else TODAY + timedelta(days=given["good_in_d"])
    line = None if given["ready"] is None else Line(item="x", ready=given["ready"], good_until=good)
    assert line_state(line, TODAY, dated=given["dated"]) == case.expect


@pytest.mark.parametrize("case", CASES["readiness.staff"], ids=lambda case: case.name)
def test_people_are_judged_as_their_cases_say(case: Any) -> None:
    nurse = "nurse-1" if case.given["nurse_here"] else "nurse-2"
    assert staff(people(case.given["valid_in_d"]), nurse, TODAY, BASE).state == case.expect


def test_both_lists_of_today_are_needed() -> None:
    clinic, chair = checked()
    assert kit(ledger(clinic, chair), "Chair 1", (), TODAY, "UTC", BASE).state == "clear"
    assert kit(ledger(clinic), "Chair 1", (), TODAY, "UTC", BASE).state == "unknown"
    assert kit(ledger(clinic, chair), "Chair 2", (), TODAY, "UTC", BASE).state == "unknown"
    yesterday = ledger(clinic, chair, at=NOW - timedelta(days=1))
    assert kit(yesterday, "Chair 1", (), TODAY, "UTC", BASE).state == "unknown"


def test_one_medicine_out_of_date_holds_and_is_named() -> None:
    item = medicines(BASE)[0]
    clinic, chair = checked(**{item: {"good_until": TODAY - timedelta(days=1)}})
    found = kit(ledger(clinic, chair), "Chair 1", (), TODAY, "UTC", BASE)
    assert found.state == "fires"
    assert item in found.why


def test_what_screening_found_adds_to_the_list() -> None:
    assert further(BASE, ()) == ()
    clinic, chair = checked()
    found = kit(ledger(clinic, chair), "Chair 1", ("screening.scr_23",), TODAY, "UTC", BASE)
    assert (found.state, further(BASE, ("screening.scr_23",))) == ("unknown", ("capnography",))


def test_nobody_named_on_site_is_not_known_and_no_prescriber_objects() -> None:
    assert staff(None, "nurse-1", TODAY, BASE).state == "unknown"
    assert staff(people(30), None, TODAY, BASE).state == "fires"
    nurses = tuple(one for one in people(30) if "nurse" in one.roles)
    assert "no prescriber is on site" in staff(nurses, "nurse-1", TODAY, BASE).why


def test_the_last_word_counts_and_closing_time_is_of_the_clinic() -> None:
    known = ledger(
        OnSite(people=("a",)),
        OnSite(people=("b",)),
        HoursSet(closes="18:00"),
        CredentialSeen(person="a", credential="airway", valid_until=TODAY),
    )
    assert known.people(TODAY, "UTC") == ("b",)
    closes = known.closes_at(TODAY, "America/New_York")
    assert closes is not None
    assert closes.astimezone(UTC) == datetime(2026, 11, 20, 23, 0, tzinfo=UTC)
    assert (known.valid_until("a", "airway"), known.valid_until("b", "airway")) == (TODAY, None)
    assert ledger(HoursSet(closes=None)).never_closes
