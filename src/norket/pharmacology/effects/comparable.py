"""Which curves may be held against the figures of an effect, and which only against themselves.

A model that knows another drug gives other levels than the models whose levels the effects were found with: an effect
told from it would show the change of the model as one of the drug.
"""

from dataclasses import replace
from functools import cache

from norket import knowledge
from norket.pharmacology.refusals import NotCoveredError
from norket.pharmacology.run import Run

INTERACTION = "interaction"


def check_comparable(run: Run) -> None:
    """Refuses (`NotCoveredError`) a run with an interacting drug, and one of a model of ratios."""
    if run.assumed:
        said = (
            f"no effect is told {' and '.join(run.assumed)}: {run.model_id} gives other levels than the models that "
            "drive effects without it, and the change would be the model's, not the drug's. Compare only with the same "
            f"model without the drug: with it the typical ketamine has {ratios(run)}"
        )
        raise NotCoveredError("interaction_not_known", said)
    check_levels(run)


def check_levels(run: Run) -> None:
    """Refuses (`NotCoveredError`) a model that is there for ratios: its levels are not to be read."""
    if run.model_id in of_ratios():
        message = f"{run.model_id} is there for interactions and ratios only; nothing is told from its levels"
        raise NotCoveredError("analyte_not_known", message)


@cache
def of_ratios() -> frozenset[str]:
    """The models that the default table names for interactions and for nothing else."""
    rows = knowledge.read().entry("models.defaults").data["rows"]
    purposes = {name: {row["purpose"] for row in rows if row["model"] == name} for name in {r["model"] for r in rows}}
    return frozenset(name for name, found in purposes.items() if found == {INTERACTION})


def without_drug(run: Run) -> Run:
    """The same model and virtual patients without the interacting drug."""
    return replace(run, factors={}, drawn_factors={}, assumed=(), _summaries={}, _percentiles={})


def ratios(run: Run) -> str:
    """Peak and area of the typical ketamine with over without the interacting drug, in words."""
    one, plain = (each.summary("ketamine") for each in (run, without_drug(run)))
    peak, area = one.cmax_ng_ml / plain.cmax_ng_ml, one.auc_ng_h_ml / plain.auc_ng_h_ml
    return f"{peak:.2f} times the peak and {area:.2f} times the area"
