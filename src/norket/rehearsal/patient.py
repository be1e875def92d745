"""The simulated patient: pressure, pulse, breathing, saturation, sedation and dissociation that follow the drug.

Pure: the same seed, doses and time give the same vital signs to the last bit. Figures: effects.yaml, rehearsal.yaml.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.doses import Dose
from norket.pharmacology.patient import Patient, Sex
from norket.pharmacology.predict import predict_delivered
from norket.rehearsal.noise import lognormal, wander, within_two_sd
from norket.rehearsal.physiology import NG_ML_PER_MG_L, PERCENT, Physiology, physiology
from norket.rehearsal.scenario import ETCO2, SECONDS_PER_MINUTE, Scenario, Vitals, happen

Floats = NDArray[np.float64]
AWAKE = 5


@dataclass(frozen=True)
class VirtualPatient:
    """A patient made from a seed. `scenario` is what happens beside the drug; times are minutes of the session.

    `resting` gives chosen channels a baseline instead of the one that the seed draws.
    """

    seed: int
    weight_kg: float = 70.0
    age_y: float = 45.0
    sex: Sex = "female"
    height_cm: float | None = None
    scenario: Scenario = "uneventful"
    resting: Mapping[str, float] = field(default_factory=dict, hash=False)
    figures: Physiology = field(default_factory=physiology, compare=False)

    @property
    def body(self) -> Patient:
        """The patient as the engine takes it."""
        return Patient(self.weight_kg, self.age_y, self.sex, self.height_cm)

    def at(self, time_min: float, doses: Sequence[Dose]) -> Vitals:
        """The vital signs at one moment, after the doses given by then."""
        return self.course([time_min], doses)[0]

    def course(self, times_min: Sequence[float], doses: Sequence[Dose]) -> list[Vitals]:
        """The vital signs at each of `times_min` (increasing)."""
        times = np.asarray(times_min, dtype=np.float64)
        late = times - self.figures.value("rehearsal.monitor", "oximeter_delay_s") / SECONDS_PER_MINUTE
        total, s_only = self._effect_site(times, doses)
        total_late, _ = self._effect_site(late, doses)
        started = min((dose.start_min for dose in doses), default=None)
        seen = (
            happen(
                self._vitals(*numbers),
                self.scenario,
                None if started is None or numbers[0] < started else started,
                self.seed,
                self.figures,
            )
            for numbers in zip(times.tolist(), total.tolist(), s_only.tolist(), total_late.tolist(), strict=True)
        )
        return [replace(one, etco2_mmhg=self._expired(one.rr_per_min)) for one in seen]

    def _expired(self, rr_per_min: float | None) -> float | None:
        """Expired CO2 (mmHg): less breathing leaves more of it. None where nothing is read."""
        if rr_per_min is None:
            return None
        slower = self.baseline("rr_per_min") / max(rr_per_min, 1.0)
        return float(self.baseline(ETCO2) * slower ** self.figures.value("rehearsal.capnograph", "exponent"))

    def baseline(self, channel: str) -> float:
        """The mean of a channel at rest."""
        if channel in self.resting:
            return self.resting[channel]
        if self.scenario == "climber" and channel in ("sbp_mmhg", "dbp_mmhg"):
            return self.figures.value("rehearsal.climber", channel)
        spread = self.figures.spread("rehearsal.baseline", channel)
        own = within_two_sd(self.seed, f"baseline {_together(channel)}")
        return self.figures.value("rehearsal.baseline", channel) + spread * own

    def _effect_site(self, times: Floats, doses: Sequence[Dose]) -> tuple[Floats, Floats]:
        """Total and S-ketamine at the effect site, ng/mL; nothing before the first dose."""
        total, s_only = np.zeros(len(times)), np.zeros(len(times))
        begun = np.array([bool(doses) and time >= min(dose.start_min for dose in doses) for time in times], dtype=bool)
        if begun.any():
            prediction = predict_delivered(self.body, doses, times[begun], draws=1, seed=self.seed)
            tracks = {track.analyte: track.typical for track in reversed(prediction.tracks)}
            # A model of esketamine alone has no effect site: its plasma, all of it S, stands for that.
            drives = tracks.get("effect_site", tracks["ketamine"])
            total[begun], s_only[begun] = drives, tracks.get("s_effect_site", drives)
        return total, s_only

    def _vitals(self, time_min: float, total: float, s_only: float, total_late: float) -> Vitals:
        asleep = self.figures.value("effects.sedation", "emax_fraction") * self._sedating(total)
        now, late = self.signs(total), self.signs(total_late)
        return Vitals(
            time_min=time_min,
            sbp_mmhg=now["sbp_mmhg"] + self._wander("sbp_mmhg", time_min),
            dbp_mmhg=now["dbp_mmhg"] + self._wander("dbp_mmhg", time_min),
            hr_per_min=now["hr_per_min"] + self._wander("hr_per_min", time_min),
            spo2_percent=min(PERCENT, late["spo2_percent"] + self._wander("spo2_percent", time_min)),
            rr_per_min=now["rr_per_min"] + self._wander("rr_per_min", time_min),
            moaas=round(AWAKE - AWAKE * asleep),
            dissociation=round(self._dissociation(s_only)),
            effect_site_ng_ml=total,
        )

    def signs(self, total: float) -> dict[str, float]:
        """What this patient shows at a level at the effect site (ng/mL), without any wandering."""
        slowed = self.figures.value("effects.breathing_rehearsal", "rr_fall_percent") / PERCENT * self._depressed(total)
        fall = self.figures.value("effects.breathing_rehearsal", "spo2_fall_points") * self._depressed(total)
        return {
            "sbp_mmhg": self.baseline("sbp_mmhg") + self._rise("sbp", total),
            "dbp_mmhg": self.baseline("dbp_mmhg") + self._rise("dbp", total),
            "hr_per_min": self.baseline("hr_per_min") + self._rise("hr", total),
            "spo2_percent": self.baseline("spo2_percent") - fall,
            "rr_per_min": self.baseline("rr_per_min") * (1 - slowed),
        }

    def _wander(self, channel: str, time_min: float) -> float:
        """Slow and fast swings around zero."""
        get = self.figures.value
        fast = get("rehearsal.noise", "fast_share")
        time_s = time_min * SECONDS_PER_MINUTE
        slowly = wander(self.seed, f"slow {channel}", time_s, get("rehearsal.noise", "slow_swing_s"))
        quickly = wander(self.seed, f"fast {channel}", time_s, get("rehearsal.noise", "fast_swing_s"))
        return get("rehearsal.noise", channel) * (math.sqrt(1 - fast) * slowly + math.sqrt(fast) * quickly)

    def _rise(self, sign: str, total: float) -> float:
        """The rise with the drug: a straight line as far as it was studied, bent to a ceiling above."""
        pressure = "effects.blood_pressure_slope"
        entry = pressure if sign in ("sbp", "dbp") else "effects.heart_rate_slope"
        usual = self.figures.value(pressure, "reference_cmax_ng_ml")
        # The slopes were read against venous plasma; at the effect site the usual dose peaks at another level.
        level = total * usual / self.figures.value("rehearsal.effect_site", "usual_peak_ng_ml")
        limit = self.figures.value(pressure, "valid_below_ng_ml")
        driver = level if level <= limit else limit * (2 - math.exp(1 - level / limit))
        if self.scenario == "climber" and entry == pressure:
            return self.figures.value("rehearsal.climber", f"{sign}_rise_mmhg") / usual * driver
        own = lognormal(self.seed, entry, self.figures.value(entry, "variability_percent") / PERCENT)
        return float(self.figures.value(entry, f"{sign}_slope") * own * driver)

    def _sedating(self, total: float) -> float:
        """How far sedation has gone, 0 to 1."""
        return _sigmoid(total, self._sedating_level(), self.figures.value("effects.sedation", "hill"))

    def _depressed(self, total: float) -> float:
        """How far breathing is depressed, 0 to 1: nothing up to half of the sedating level, then with sedation."""
        free = _sigmoid(1.0, 2.0, self.figures.value("effects.sedation", "hill"))
        return max(0.0, self._sedating(total) - free) / (1 - free)

    def _sedating_level(self) -> float:
        """The level of half sedation (ng/mL); its spread between adults is that of their awakening."""
        get = self.figures.value
        mean, spread = (get("effects.sedation", f"adult_awakening_{name}mg_l") for name in ("", "sd_"))
        return get("effects.sedation", "ec50_mg_l") * NG_ML_PER_MG_L * lognormal(self.seed, "sedation", spread / mean)

    def _dissociation(self, s_only: float) -> float:
        get, entry = self.figures.value, "effects.dissociation_rehearsal"
        own = lognormal(self.seed, "dissociation", get(entry, "variability_percent") / PERCENT)
        half = get("effects.dissociation", "c50_ng_ml") * own
        most, hill = get(entry, "maximum"), get(entry, "hill")
        return most * _sigmoid(s_only, half, hill)


def _together(channel: str) -> str:
    """Systolic and diastolic baselines are high or low together."""
    return "pressure" if channel in ("sbp_mmhg", "dbp_mmhg") else channel


def _sigmoid(level: float, half: float, hill: float) -> float:
    return 0.0 if level <= 0 else 1 / float(1 + (half / level) ** hill)
