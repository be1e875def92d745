"""The same history asked of the other published models, so that one model's answer never stands alone."""

from collections.abc import Iterator

from norket import knowledge
from norket.pharmacology.effects.curves import Predicted
from norket.pharmacology.models import model as packaged
from norket.pharmacology.models import model_ids
from norket.pharmacology.refusals import NotCoveredError
from norket.pharmacology.run import Run
from norket.pharmacology.uncertainty import draw_effects


def other_runs(prediction: Predicted, run: Run, until_min: float, draws: int) -> Iterator[Run]:
    """A run, with `draws` virtual patients, of every other model that covers the patient and the doses `until_min`.

    Those that count in an ensemble (`models.ensemble`): not those kept apart, and no disposition twice.
    """
    rule = knowledge.read().entry("models.ensemble").data
    twins: dict[str, str] = rule["same_disposition"]
    mine = twins.get(run.model_id, run.model_id)
    found = [name for name in model_ids() if name not in rule["apart"] and _covers(name, prediction, until_min)]
    for name in found:
        base = twins.get(name, name)
        if base == mine or (base != name and base in found):
            continue
        yield _run(prediction, name, draws)


def _covers(name: str, prediction: Predicted, until_min: float) -> bool:
    try:
        packaged(name).check(prediction.patient, prediction.doses, until_min)
    except NotCoveredError:
        return False
    return True


def _run(prediction: Predicted, name: str, draws: int) -> Run:
    model = packaged(name)
    effects = draw_effects(model, draws, prediction.seed, len(model.occasions(prediction.doses)))
    return Run(model, prediction.patient, prediction.doses, prediction.times_min, effects)
