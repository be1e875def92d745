"""Several models at once: side by side (`all`), or also mixed with equal weights (`ensemble`).

The spread between published models is larger than the spread of patients within one, so a band of one model alone is
overconfident. Models of arterial and of venous plasma are never mixed: they predict different quantities.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
from pydantic import BaseModel, ConfigDict

from norket import knowledge
from norket.pharmacology.doses import Dose
from norket.pharmacology.envelope import LeftOut, Together, envelopes
from norket.pharmacology.models import Model, defaults, model_ids
from norket.pharmacology.models import model as packaged
from norket.pharmacology.patient import Patient
from norket.pharmacology.prediction import Prediction
from norket.pharmacology.refusals import NotCoveredError
from norket.pharmacology.run import Form, Run, read_only
from norket.pharmacology.summary import Summary
from norket.pharmacology.track import Floats, Track
from norket.pharmacology.uncertainty import bands

KINDS = ("all", "ensemble")
ENSEMBLE = "ensemble"
RULE = "models.ensemble"
FORMS: tuple[Form, ...] = ("S + R", "S")
LOOKS, CLOSER_LOOKS = 2001, 401
MIXED = (
    "Ensemble: the virtual patients of each model count the same (equal weights, no model is weighed by fit); "
    "arterial and venous models are mixed apart; the typical curve is the mean of theirs."
)
UNREAD = "Several models: no peak in the first minutes after a bolus is to be read; published models differ most there."


class _Membership(BaseModel):
    """The `data` of `models.ensemble`: which models stand apart, and whose disposition a composite model borrows."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    apart: dict[str, str]
    same_disposition: dict[str, str]


@cache
def membership() -> _Membership:
    """Who counts, as the knowledge base has it."""
    return _Membership.model_validate(knowledge.read().entry(RULE).data)


@dataclass(frozen=True, eq=False)
class Mixture:
    """One analyte at one site from several models: their virtual patients together, each model with equal weight."""

    analyte: str
    site: str
    parts: tuple[Run, ...]
    model_id: str = ENSEMBLE
    _summaries: dict[str, Summary] = field(default_factory=dict)

    @property
    def analytes(self) -> dict[str, str]:
        """What it gives, and where."""
        return {self.analyte: self.site}

    def individuals(self, output: str, form: Form) -> Floats:
        """The curves (times, models x draws) of all virtual patients in ng/mL."""
        return np.concatenate([run.individuals(output, form) for run in self.parts], axis=-1)

    def share(self, output: str, dose: int) -> Floats:
        """The part of the typical curve (the mean of the models') that dose number `dose` makes."""
        return read_only(np.mean([run.share(output, dose) for run in self.parts], axis=0))

    def area_ng_h_ml(self, output: str, until_min: float) -> float:
        """The area under the typical curve from the first dose until `until_min`."""
        return float(np.mean([run.area_ng_h_ml(output, until_min) for run in self.parts]))

    def summary(self, output: str) -> Summary:
        """Peak, its time, area and half-life of the mean of the typical curves."""
        if output not in self._summaries:
            self._summaries[output] = self._summarised(output)
        return self._summaries[output]

    def _summarised(self, output: str) -> Summary:
        parts = [run.summary(output) for run in self.parts]
        start = min(dose.start_min for dose in self.parts[0].history)
        ends = [dose.end_min for dose in self.parts[0].history]
        tops = [part.tmax_min for part in parts]
        looks = np.unique([*np.linspace(start, max(*tops, *ends), LOOKS), *tops, *ends])
        best = int(np.argmax(self._typical_at(output, looks)))
        around = looks[max(best - 1, 0)], looks[min(best + 1, len(looks) - 1)]
        closer = np.unique([*np.linspace(*around, CLOSER_LOOKS), looks[best]])
        curve = self._typical_at(output, closer)
        top = int(np.argmax(curve))
        return Summary(
            cmax_ng_ml=float(curve[top]),
            tmax_min=float(closer[top]),
            auc_ng_h_ml=float(np.mean([part.auc_ng_h_ml for part in parts])),
            half_life_h=max(part.half_life_h for part in parts),
        )

    def _typical_at(self, output: str, times_min: Floats) -> Floats:
        curves = [replace(run, times_min=times_min).typical[output].sum(axis=0) for run in self.parts]
        mean: Floats = np.mean(curves, axis=0)
        return mean

    def track(self, form: Form, own: Sequence[Track]) -> Track:
        """Its track; `own` are those of its parts in the same form."""
        said = ["mixture with equal weights of " + ", ".join(run.model_id for run in self.parts)]
        said += dict.fromkeys(track.assumption for track in own if track.assumption)
        typical = np.mean([track.typical for track in own], axis=0)
        curves = (read_only(curve) for curve in (typical, *bands(self.individuals(self.analyte, form))))
        return Track(own[0].analyte, self.site, ENSEMBLE, form, "; ".join(said), *curves)


def together(
    kind: str,
    patient: Patient,
    history: Sequence[Dose],
    alone: Callable[[Model], Prediction],
    *,
    until_min: float,
    interacting: bool = False,
) -> Prediction:
    """The answers of every model that covers `patient` and `history`, as one prediction.

    `alone` predicts with one model; a refusal (`NotCoveredError`) of it, or of the model's own check, leaves the model
    out with its reason. `kind` "ensemble" puts the mixtures first. Refused when no model that counts is left.
    """
    parts: dict[str, Prediction] = {}
    left_out: list[LeftOut] = []
    for name in _in_order(history, interacting):
        try:
            model = packaged(name)
            model.check(patient, history, until_min)
            parts[name] = alone(model)
        except NotCoveredError as refusal:
            left_out.append(LeftOut(name, refusal.code, str(refusal)))
    for name, base in membership().same_disposition.items():
        if name in parts and base in parts:
            del parts[name]
            left_out.append(
                LeftOut(name, "counted_once", f"{name} has the disposition of {base}, which answers itself")
            )
    members = tuple(name for name in parts if name not in membership().apart)
    if not members and (kind == ENSEMBLE or not parts):
        beside = f"; shown apart, by name only: {', '.join(parts)}" if parts else ""
        reasons = "; ".join(f"{one.model}: {one.why}" for one in left_out)
        message = f"no model that counts covers this patient and these doses{beside}. {reasons}"
        raise NotCoveredError("model_not_known", message)
    return _joined(kind, parts, members, tuple(left_out))


def _in_order(history: Sequence[Dose], interacting: bool) -> list[str]:
    """All models: those of the default table first, in its order; those that stand apart last."""
    try:
        preferred = [row.model for row in defaults(history, interacting=interacting)]
    except NotCoveredError:
        preferred = []
    order = list(dict.fromkeys([*preferred, *sorted(model_ids())]))
    return sorted(order, key=lambda name: name in membership().apart)


def _joined(
    kind: str, parts: dict[str, Prediction], members: tuple[str, ...], left_out: tuple[LeftOut, ...]
) -> Prediction:
    first = next(iter(parts.values()))
    runs = tuple(run for part in parts.values() for run in part.runs)
    mixtures = tuple(_mixtures([run for run in runs if run.model_id in members])) if kind == ENSEMBLE else ()
    alone = [track for part in parts.values() for track in part.tracks]
    tracks = [track for form in FORMS for track in _tracks(form, mixtures, alone)]
    preferred = {name: part.preferred[name] for part in reversed(parts.values()) for name in part.preferred}
    preferred |= {one.analyte: one for one in reversed(mixtures)}
    said = [MIXED] if mixtures else []
    unread = tuple(sorted({span for part in parts.values() for span in part.unread_min}))
    said += [UNREAD] if unread else []
    apart = tuple(name for name in parts if name not in members)
    said += [f"{name} is shown but does not count: {membership().apart[name]}." for name in apart]
    return replace(
        first,
        tracks=tuple(tracks),
        runs=runs,
        mixtures=mixtures,
        preferred=preferred,
        unread_min=unread,
        warnings=tuple(dict.fromkeys([*said, *(text for name in members for text in parts[name].warnings)])),
        sources=tuple({one.key: one for part in parts.values() for one in part.sources}.values()),
        together=Together(kind, members, apart, left_out, envelopes(alone, members)),
    )


def _mixtures(runs: Sequence[Run]) -> Iterator[Mixture]:
    """One per analyte and site, in the order in which the models name them."""
    found: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        for analyte, site in run.analytes.items():
            found.setdefault((analyte, site), []).append(run)
    for (analyte, site), parts in found.items():
        yield Mixture(analyte, site, tuple(parts))


def _tracks(form: Form, mixtures: Sequence[Mixture], alone: Sequence[Track]) -> Iterator[Track]:
    own = [track for track in alone if track.enantiomer == form]
    for one in mixtures:
        name = one.analyte if form == "S + R" else f"s_{one.analyte}"
        names = {run.model_id for run in one.parts}
        yield one.track(form, [t for t in own if (t.analyte, t.site) == (name, one.site) and t.model in names])
    yield from own
