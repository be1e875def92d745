"""Charts to judge: one of a healthy person with every mandatory question answered, and short ways to change it."""

from datetime import UTC, date, datetime
from typing import Any

from norket.knowledge import KnowledgeBase, read
from norket.therapy.chart import Chart, Item, MedicineItem, Patient
from norket.therapy.finding import Finding
from norket.therapy.screening import Context, screen

BASE: KnowledgeBase = read()
ON = date(2027, 3, 1)
ASKED = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)
QUESTIONS = [entry for entry in BASE.of_kind("question") if entry.data.get("mandatory") is True]
OUTPATIENT = Context(
    route="iv", setting="outpatient", drug="ketamine", indication="trd", first_session=True, day_of=True
)
MEASURED: dict[str, tuple[float, str]] = {
    "sbp": (124, "mm[Hg]"),
    "dbp": (78, "mm[Hg]"),
    "heart_rate": (70, "/min"),
    "respiratory_rate": (14, "/min"),
    "spo2": (98, "%"),
    "weight": (70, "kg"),
    "height": (172, "cm"),
    "bmi": (23.7, "kg/m2"),
    "egfr": (95, "mL/min/{1.73_m2}"),
    "phq9_item9": (0, "{score}"),
}


def own(id_: str, **more: Any) -> Item:
    """A line that names a class or question of the knowledge base."""
    return Item(system="norket", code=id_, **({"status": "yes", "at": ASKED, "source": "clinic"} | more))


def reassuring(question: str) -> str:
    return "yes" if BASE.entry(question).data.get("adverse") == "no" else "no"


def answers(**changed: str | None) -> tuple[Item, ...]:
    """Every mandatory question answered so that it reassures, but for those changed; None leaves one out."""
    given = {entry.id: changed.get(entry.id.partition(".")[2], reassuring(entry.id)) for entry in QUESTIONS}
    given |= {f"questions.{name}": status for name, status in changed.items()}
    return tuple(own(question, status=status) for question, status in given.items() if status is not None)


def measured(**changed: float | None) -> tuple[Item, ...]:
    """What is measured of a healthy person, with liver tests, a negative suicide screen and pregnancy test."""
    values = {name: changed.get(name, number) for name, (number, _) in MEASURED.items()}
    items = [
        own(f"observations.{name}", value=value, unit=MEASURED[name][1], status="unknown")
        for name, value in values.items()
        if value is not None
    ]
    liver = [own(f"observations.{name}", value=20.0, unit="U/L", reference_high=40.0) for name in ("alt", "ast")]
    negative = [own(f"observations.{name}", status="no") for name in ("suicide_risk", "pregnancy_test")]
    return (*items, *liver, *negative)


def healthy(**parts: Any) -> Chart:
    """Nothing stands against this person; `parts` replaces whole lists."""
    usual = {
        "patient": Patient(birth_date=date(1985, 5, 5), sex="female", pregnancy_potential="yes"),
        "observations": measured(),
        "answers": answers(),
    }
    return Chart(**(usual | parts))


def medicine(text: str, **more: Any) -> MedicineItem:
    return MedicineItem(**({"text": text, "status": "yes", "at": ASKED, "source": "clinic"} | more))


def found(rule: str, chart: Chart, *, on: date = ON, context: Context = OUTPATIENT, **stages: Any) -> Finding:
    """What one rule says of a chart."""
    (finding,) = [
        each for each in screen(chart, base=BASE, on=on, context=context, **stages).findings if each.rule == rule
    ]
    return finding
