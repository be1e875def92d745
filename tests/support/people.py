"""Invented people at check-in, written as what a chart holds of them and what screening finds."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from support.charts import ON, OUTPATIENT, answers, healthy, measured, own

from norket.therapy.chart import Chart, Item, Patient
from norket.therapy.screening import Context

BPD, AUD, OUD = (replace(OUTPATIENT, indication=key) for key in ("bpd", "aud", "oud"))
MAN = Patient(birth_date=date(1975, 5, 5), sex="male", pregnancy_potential="no")


def told(**changed: str | None) -> tuple[Item, ...]:
    return answers(**({"medicines_complete": "yes"} | changed))


def icd(code: str, **more: Any) -> Item:
    return Item(**({"system": "icd10cm", "code": code, "status": "yes", "at": ON, "source": "letter"} | more))


def person(**parts: Any) -> Chart:
    return healthy(**({"answers": told()} | parts))


def without(name: str) -> tuple[Item, ...]:
    return tuple(item for item in measured() if item.code != f"observations.{name}")


def score(name: str, value: float, **more: Any) -> Item:
    unit = {"alt": "U/L"}.get(name, "{score}")
    return own(f"observations.{name}", value=value, unit=unit, status="unknown", **more)


@dataclass(frozen=True)
class Person:
    """Somebody at check-in. `finds` gives for a rule its action, with a question mark where it cannot be known."""

    who: str
    chart: Chart
    finds: dict[str, str]
    todo: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    context: Context = OUTPATIENT
