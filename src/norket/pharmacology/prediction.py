"""A prediction with its working: every track with its model, site and assumption, each dose's share, all sources."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from norket.knowledge import Reference
from norket.pharmacology.doses import Dose
from norket.pharmacology.envelope import Together
from norket.pharmacology.models.card import KETAMINE
from norket.pharmacology.patient import Patient
from norket.pharmacology.refusals import NotCoveredError
from norket.pharmacology.run import Answer, Form, Run
from norket.pharmacology.summary import Summary
from norket.pharmacology.track import Track

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from norket.pharmacology.effects import Effects
    from norket.pharmacology.plot import EffectCurve, Seen

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Prediction:
    """What `norket.predict` answers. One value that feeds the number, the curve, the alert and the document alike.

    `tracks` are in order of preference: the first track of an analyte is the one that its name returns. `runs` are the
    models behind them, each solved for the history; `preferred` says for each analyte which of them its name means.
    `unread_min` are the spans after a bolus or push (start, end) whose peaks are not to be read. `edition` is that of
    the knowledge base. `mixtures` and `together` are there when several models were asked at once.
    """

    patient: Patient
    doses: tuple[Dose, ...]
    times_min: Floats
    tracks: tuple[Track, ...]
    runs: tuple[Run, ...]
    preferred: Mapping[str, Answer]
    unread_min: tuple[tuple[float, float], ...]
    warnings: tuple[str, ...]
    sources: tuple[Reference, ...]
    edition: str
    seed: int
    draws: int
    mixtures: tuple[Answer, ...] = ()
    together: Together | None = None

    @cached_property
    def shares(self) -> tuple[Mapping[str, Floats], ...]:
        """For each dose, in the order of `doses`, its part of the typical curve of each analyte; the parts add up."""
        numbers = range(len(self.doses))
        return tuple({name: run.share(name, number) for name, run in self.preferred.items()} for number in numbers)

    @cached_property
    def summaries(self) -> dict[str, Summary]:
        """Peak, its time, area to infinity and terminal half-life of each total analyte after all doses.

        Of the typical curve, on the model's own times: which `times_min` were asked for makes no difference.
        """
        return {name: run.summary(name) for name, run in self.preferred.items()}

    def individuals(
        self, analyte: str, form: Form = "S + R", *, model: str | None = None, site: str | None = None
    ) -> Floats:
        """The curves (times, draws) in ng/mL of the virtual patients behind the band of `analyte`.

        A mixture has those of all its models, one after the other.
        """
        return self._answer(analyte, model, site).individuals(analyte, form)

    def auc_ng_h_ml(
        self, analyte: str, until_min: float, *, model: str | None = None, site: str | None = None
    ) -> float:
        """The area under the typical curve of `analyte` from the first dose until `until_min`."""
        return self._answer(analyte, model, site).area_ng_h_ml(analyte, until_min)

    def effects(self, ids: Sequence[str] | None = None) -> "Effects":
        """What the drug does, by effect: the typical course and its band, each with its population and limits."""
        from norket.pharmacology.effects import predict_effects  # noqa: PLC0415 -- loaded when effects are asked for

        return predict_effects(self, ids)

    def _answer(self, analyte: str, model: str | None, site: str | None) -> Answer:
        if model is None and site is None and analyte in self.preferred:
            return self.preferred[analyte]
        answers: tuple[Answer, ...] = (*self.mixtures, *self.runs)
        for one in answers:
            if analyte in one.analytes and model in (None, one.model_id) and site in (None, one.analytes[analyte]):
                return one
        have = ", ".join(f"{name} ({one.model_id}, {at})" for one in answers for name, at in one.analytes.items())
        asked = f"'{analyte}' of {model or 'any model'} at {site or 'any site'}"
        raise NotCoveredError("analyte_not_known", f"no run has {asked}; there are: {have}")

    @property
    def ketamine(self) -> Track:
        """Total ketamine (S + R) in plasma."""
        return self.track("ketamine")

    @property
    def s_ketamine(self) -> Track:
        """S-ketamine in plasma."""
        return self.track("s_ketamine")

    @property
    def norketamine(self) -> Track:
        """Total norketamine (S + R) in plasma."""
        return self.track("norketamine")

    @property
    def effect_site(self) -> Track:
        """Total ketamine (S + R) at the effect site."""
        return self.track("effect_site")

    def drug(self, dose: int) -> str:
        """What dose number `dose` is of: as written, or the drug of a model that is not one of ketamine."""
        others = [run.model.card.drug for run in self.runs if run.model.card.drug != KETAMINE]
        return others[0] if others else self.doses[dose].drug

    @property
    def analytes(self) -> dict[str, Track]:
        """The preferred track of each analyte, by name."""
        preferred: dict[str, Track] = {}
        for track in self.tracks:
            preferred.setdefault(track.analyte, track)
        return preferred

    def track(self, analyte: str, *, model: str | None = None, site: str | None = None) -> Track:
        """The first track of `analyte`, of this model and site if named; none is refused (`NotCoveredError`)."""
        for track in self.tracks:
            if track.analyte == analyte and model in (None, track.model) and site in (None, track.site):
                return track
        have = ", ".join(f"{track.analyte} ({track.model}, {track.site})" for track in self.tracks)
        raise NotCoveredError("analyte_not_known", f"this prediction has no such track '{analyte}'; it has: {have}")

    def to_json(self) -> dict[str, Any]:
        """The document of `norket simulate --json`, as plain data."""
        main = self.analytes.get(KETAMINE, self.tracks[0])
        named = {f"{name}_ng_ml": track.band() for name, track in self.analytes.items()}
        return {
            "model": main.model,
            "site": main.site,
            "times_min": self.times_min.tolist(),
            **named,
            "summary": {name: summary.as_dict() for name, summary in self.summaries.items()},
            "tracks": [_track_document(track) for track in self.tracks],
            "doses": [self._dose_document(number) for number in range(len(self.doses))],
            "patient": _patient_document(self.patient),
            "unread_min": [list(span) for span in self.unread_min],
            "warnings": list(self.warnings),
            "sources": [reference.model_dump(mode="json") for reference in self.sources],
            "edition": self.edition,
            "seed": self.seed,
            "draws": self.draws,
            **({} if self.together is None else self.together.as_dict()),
        }

    def _dose_document(self, number: int) -> dict[str, Any]:
        dose = self.doses[number]
        return {
            "text": dose.text,
            "drug": self.drug(number),
            "route": dose.route,
            "amount_mg": dose.amount_mg,
            "start_min": dose.start_min,
            "duration_min": dose.duration_min,
            "share_ng_ml": {name: share.tolist() for name, share in self.shares[number].items()},
        }

    def table(self) -> tuple[list[str], Sequence[Sequence[float]]]:
        """Column names and rows for a spreadsheet: time, then four columns per track, named with model and unit.

        A model with tracks of one analyte at two sites, such as a mixture, has the site in the name too.
        """
        names = ["time_min"]
        columns = [self.times_min]
        sites = [(track.analyte, track.model) for track in self.tracks]
        for track in self.tracks:
            where = f"_{track.site}" if sites.count((track.analyte, track.model)) > 1 else ""
            for curve in ("typical", "p5", "p50", "p95"):
                names.append(f"{track.analyte}_{track.model}{where}_{curve}_ng_ml")
                columns.append(getattr(track, curve))
        return names, np.column_stack(columns).tolist()

    def plot(
        self,
        path: str | Path | None = None,
        *,
        log: bool = False,
        targets: Sequence[str] = (),
        seen: "Sequence[Seen]" = (),
        effects: "Mapping[str, EffectCurve] | None" = None,
    ) -> "Figure":
        """A figure of the curves with their bands, written to `path` (its ending chooses the format) if given.

        `log`: concentrations on a logarithmic axis. `targets`: names of target ranges to be drawn with their source.
        `seen`: measured points (`norket.pharmacology.plot.Seen`). `effects`: what `predict_effects` answered, below.
        """
        from norket.pharmacology.plot import Scene, draw  # noqa: PLC0415 -- matplotlib is slow to load and rarely needed
        from norket.pharmacology.target_ranges import target_range  # noqa: PLC0415

        who = f"{self.patient.weight_kg:g} kg, {self.patient.age_y:g} years, {self.patient.sex}"
        scene = Scene(
            self.times_min,
            self.tracks,
            self.doses,
            f"{who}; {self.draws} virtual patients",
            self.unread_min,
            self.together,
            log,
            [target_range(name) for name in targets],
            seen,
            effects or {},
        )
        return draw(scene, path)


def _track_document(track: Track) -> dict[str, Any]:
    named = {name: getattr(track, name) for name in ("analyte", "site", "model", "enantiomer", "assumption")}
    return {**named, **track.band()}


def _patient_document(patient: Patient) -> dict[str, Any]:
    return {
        "weight_kg": patient.weight_kg,
        "age_y": patient.age_y,
        "sex": patient.sex,
        "height_cm": patient.height_cm,
        "covariates": dict(patient.covariates),
    }
