"""A level is a fact of the instant at which its sample was drawn; the update from this patient may learn from it."""

from typing import Any

import pytest
from pydantic import ValidationError

from norket.therapy.session import events as e
from norket.therapy.session.advice import Left, Measured, evidence

LEVEL: dict[str, Any] = {"analyte": "ketamine", "value": 118.0, "unit": "ng/mL", "site": "venous", "lab": "Bedside"}


def found(chair: Any, minute: float) -> tuple[Measured | Left, ...]:
    """What the update makes of levels; the pressures of the baseline are another matter."""
    told = evidence(chair.state, (), chair.base, chair.at(minute))
    used = [one for one in told.used if isinstance(one, Measured)]
    return (*used, *(one for one in told.left if "ketamine" in one.said))


def test_a_level_stands_at_the_instant_at_which_it_was_drawn(running: Any) -> None:
    (event,) = running.do(30, "record_level", late=20, **LEVEL)
    assert event.model_dump(exclude={"type"}) == LEVEL | {"below": False, "assay_percent": None}
    (level,) = running.state.levels
    assert (level.at, level.level.value) == (running.at(20), 118.0)


@pytest.mark.parametrize("missing", ["at", *LEVEL])
def test_nothing_of_it_is_guessed(running: Any, missing: str) -> None:
    body = LEVEL | {"at": running.at(20)}
    del body[missing]
    with pytest.raises(ValidationError):
        e.COMMAND.validate_python({"type": "record_level", **body})


@pytest.mark.parametrize("change", [{"value": -1.0}, {"value": float("nan")}, {"unit": "nmol/L"}, {"analyte": "other"}])
def test_what_no_laboratory_writes_is_no_level(running: Any, change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        e.COMMAND.validate_python({"type": "record_level", **LEVEL, "at": running.at(20), **change})


@pytest.mark.parametrize(
    ("change", "value", "form", "analyte", "cv"),
    [
        ({}, 118.0, "S + R", "ketamine", 0.0),
        ({"unit": "ug/L"}, 118.0, "S + R", "ketamine", 0.0),
        ({"unit": "mg/L", "value": 0.118}, 118.0, "S + R", "ketamine", 0.0),
        ({"analyte": "s_norketamine", "assay_percent": 8.0}, 118.0, "S", "norketamine", 0.08),
    ],
)
def test_the_update_reads_it_in_nanograms_with_form_and_error(
    running: Any, change: dict[str, Any], value: float, form: str, analyte: str, cv: float
) -> None:
    running.do(30, "record_level", late=20, **(LEVEL | change))
    (one,) = found(running, 31)
    assert isinstance(one, Measured)
    assert one.value_ng_ml == pytest.approx(value)
    assert (one.enantiomer, one.analyte, one.error_cv, one.site) == (form, analyte, pytest.approx(cv), "venous")


@pytest.mark.parametrize(("drawn", "why"), [(-5.0, "seen before the first dose"), (0.0, "seen before the first dose")])
def test_a_sample_from_before_the_drug_teaches_nothing(running: Any, drawn: float, why: str) -> None:
    running.do(30, "record_level", late=drawn, **LEVEL)
    (one,) = found(running, 31)
    assert isinstance(one, Left)
    assert one.why == why


def test_a_sample_while_delivery_was_uncertain_teaches_nothing_and_one_after_a_sedative_does(running: Any) -> None:
    running.do(10, "give_rescue", drug="midazolam", amount=1.0, unit="mg", route="iv", **{"as": "happened"})
    running.do(20, "record_level", late=15, **LEVEL)
    assert [type(one) for one in found(running, 20)] == [Measured]
    running.do(21, "record_site_failed", failure="infiltration")
    assert [type(one) for one in found(running, 22)] == [Left]


def test_a_level_that_is_taken_back_is_gone(running: Any) -> None:
    running.do(30, "record_level", late=20, **LEVEL)
    running.do(31, "correct", corrects=running.ledger[-1].n, reason="another patient's tube")
    assert running.state.levels == ()
    assert found(running, 32) == ()
