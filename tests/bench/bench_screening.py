"""How long one screening takes: of a full chart, every rule of every stage, and of eleven records, read and judged."""

import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from row import Row

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.charts import BASE, OUTPATIENT, healthy, medicine, own

from norket.exchange.fhir import read_bundle
from norket.knowledge.criteria import STAGES
from norket.therapy.chart import Chart
from norket.therapy.screening import screen
from norket.therapy.screening.compiled import compiled

TIMES = 50
LIMIT_MS = 20.0
ON = date(2027, 3, 1)
LINES = 100
SYNTHEA = Path(__file__).parents[3] / "shared" / "data" / "synthea"
SYNTHEA_S = 5.0


def full_chart() -> Chart:
    """A long history: a hundred diagnoses, thirty medicines and several hundred measurements."""
    classes = [entry.id for entry in BASE.of_kind("class") if entry.id.startswith("conditions.")]
    chart = healthy()
    return chart.model_copy(
        update={
            "conditions": tuple(
                own(classes[n % len(classes)], ended=date(2020, 1, 1), text=f"diagnosis {n}") for n in range(LINES)
            ),
            "medicines": tuple(medicine(f"medicine number {n} of the list 10 MG Oral Tablet") for n in range(30)),
            "observations": chart.observations * 30,
        }
    )


def best_of(what: Callable[[], object], times: int = TIMES) -> float:
    """The shortest wall time of `what`, in milliseconds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        what()
        taken.append(time.perf_counter() - began)
    return min(taken) * 1000


def synthea() -> list[Row]:
    """The synthetic patients of a public collection from their texts to their findings; none where they are not."""
    texts = [path.read_bytes() for path in sorted(SYNTHEA.glob("*.json"))]
    if not texts:
        sys.stderr.write(f"not measured: no bundles in {SYNTHEA}\n")
        return []

    def all_of_them() -> None:
        for text in texts:
            screen(read_bundle(text)[0], base=BASE, on=ON, context=OUTPATIENT)

    how = f"{len(texts)} bundles of {sum(map(len, texts)) / 1e6:.1f} MB, best of 5, warm"
    return [Row("Synthea's patients, read and screened", best_of(all_of_them, 5) / 1000, "s", how, SYNTHEA_S)]


def run() -> list[Row]:
    chart = full_chart()
    known = compiled(BASE)
    lines = sum(len(part) for part in (chart.conditions, chart.medicines, chart.observations, chart.answers))
    how = f"{len(known.rules)} rules, {lines} lines, best of {TIMES}, warm"
    whole = best_of(lambda: screen(chart, base=BASE, on=ON, context=OUTPATIENT, stages=STAGES))  # type: ignore[arg-type]
    usual = best_of(lambda: screen(healthy(), base=BASE, on=ON, context=OUTPATIENT))
    return [
        Row("screening of a full chart", whole, "ms", how, LIMIT_MS),
        Row("screening of a usual chart", usual, "ms", f"before the day, best of {TIMES}, warm", LIMIT_MS),
        *synthea(),
    ]
