"""A prediction and a model's card as plain text for a terminal."""

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np

from norket.pharmacology.envelope import Envelope
from norket.pharmacology.models import Model
from norket.pharmacology.observed import record
from norket.pharmacology.prediction import Prediction
from norket.pharmacology.summary import AUC_SPAN
from norket.pharmacology.track import Track

if TYPE_CHECKING:
    from norket.pharmacology.effects import Effects

ROUND_TIMES_MIN = (0, 10, 20, 30, 60, 90, 120, 180, 240, 360, 480, 720, 1440, 2880, 4320, 7200, 10080)
MOST_ENDS = 6
LEAST_PRINTED = 0.001
LINE = 120
ENSEMBLE = "ensemble"


def prediction_text(prediction: Prediction, *, every_time: bool = False, effects: "Effects | None" = None) -> str:
    """Summary, curves at a few times (or at `every_time`), effects if given, models left out, warnings and sources."""
    lines = [_dose_line(prediction, number) for number in range(len(prediction.doses))]
    lines += ["", "Typical patient, all doses", *_summary_lines(prediction)]
    shown = [track for track in prediction.tracks if track.enantiomer == "S + R"]
    if prediction.together is None:
        lines += [
            "",
            "Median (5th to 95th percentile of the virtual patients), ng/mL",
            *_table(prediction, shown, every_time),
        ]
    else:
        lines += _together_lines(prediction, shown, every_time=every_time)
    if effects is not None:
        lines += ["", *effects_lines(effects)]
    lines += ["", "Warnings", *(f"  - {text}" for text in prediction.warnings)]
    lines += ["", "Sources", *(f"  - {source.citation} [{source.key}]" for source in prediction.sources)]
    lines += ["", f"Knowledge {prediction.edition[:12]}, seed {prediction.seed}, {prediction.draws} virtual patients."]
    return "\n".join([*lines, "Advice to be checked by a clinician; not a medical device."])


def _summary_lines(prediction: Prediction) -> list[str]:
    """Peak, its time, area and half-life of each analyte; a peak just after a bolus is not printed."""
    heads = ("", "model", "peak ng/mL", "at min", f"AUC {AUC_SPAN} ng·h/mL", "half-life h")
    rows = [heads]
    unread = False
    for name, one in prediction.summaries.items():
        track = prediction.analytes[name]
        hidden = any(start <= one.tmax_min < end for start, end in prediction.unread_min)
        unread |= hidden
        peak = ("*", "*") if hidden else (f"{one.cmax_ng_ml:.1f}", f"{one.tmax_min:.1f}")
        rows.append((_label(track), track.model, *peak, f"{one.auc_ng_h_ml:.1f}", f"{one.half_life_h:.2f}"))
    lines = _aligned(rows, words=2)
    return [*lines, "  * just after a bolus: not to be read"] if unread else lines


def _together_lines(prediction: Prediction, shown: Sequence[Track], *, every_time: bool) -> list[str]:
    """Several models: the typical curves side by side, the mixtures, the envelopes, and who does not answer."""
    together = prediction.together
    lines: list[str] = []
    mixed = [track for track in shown if track.model == ENSEMBLE]
    if mixed:
        lines += [
            "",
            "Ensemble, equal weights: median (5th to 95th percentile), ng/mL",
            *_table(prediction, mixed, every_time),
        ]
    for analyte in dict.fromkeys(track.analyte for track in shown):
        own = [track for track in shown if track.analyte == analyte and track.model != ENSEMBLE]
        if mixed and len(own) == 1:
            continue
        heads = ("min", *(f"{track.model} ({track.site})" for track in own))
        rows = [heads, *_typical_rows(prediction, own, every_time)]
        lines += ["", f"Typical patient, {analyte.replace('_', ' ')}, ng/mL", *_aligned(rows, words=0)]
    if together is None:
        return lines
    lines += ["", "Envelope over the models, ng/mL: lowest 5th to highest 95th percentile at its highest time"]
    rows = [("", "site", "at min", "low", "high", "typical", "models")]
    for one in together.envelopes:
        if one.enantiomer == "S + R":
            rows.append(_envelope_row(prediction, one))
    lines += _aligned(rows, words=2)
    if together.left_out:
        lines += ["", "Models that do not answer", *(f"  - {one.model}: {one.why}" for one in together.left_out)]
    return lines


def _envelope_row(prediction: Prediction, one: Envelope) -> tuple[str, ...]:
    readable = np.ones(len(prediction.times_min), dtype=bool)
    for start, end in prediction.unread_min:
        readable &= ~((prediction.times_min >= start) & (prediction.times_min < end))
    values = np.where(readable, one.typical_high, -np.inf) if readable.any() else one.typical_high
    top = int(np.argmax(values))
    span = f"{one.typical_low[top]:.1f}-{one.typical_high[top]:.1f}"
    numbers = (f"{prediction.times_min[top]:g}", f"{one.low[top]:.1f}", f"{one.high[top]:.1f}", span)
    return (one.analyte.replace("_", " "), one.site, *numbers, str(len(one.models)))


def effects_lines(effects: "Effects") -> list[str]:
    """Each effect at its height with its band, certainty and driver; what belongs beside it; and what is not told."""
    lines: list[str] = []
    if effects:
        lines += ["Effects at their highest", *_effect_rows(effects), "", "To be read beside these numbers"]
        said = dict.fromkeys(text for one in effects.values() for text in one.warnings)
        keys = dict.fromkeys(key for one in effects.values() for key in one.sources)
        lines += _wrapped([*said, f"Sources: {', '.join(keys)}."], "  - ")
    if effects.left_out:
        untold = list(dict.fromkeys(effects.left_out.values()))
        lines += [*([""] if effects else []), "Effects not told", *_wrapped(untold, "  - ")]
    return lines


def _effect_rows(effects: "Effects") -> list[str]:
    rows = [("", "at min", "median", "5th-95th percentile", "other models", "", "certainty", "driven by")]
    rising = False
    for one in effects.values():
        top = one.top
        last = 0 < top == len(one.p50) - 1
        rising |= last
        band = f"{_small(one.p5[top])} to {_small(one.p95[top])}"
        driver = f"{one.driver.site} {one.driver.analyte} ({one.model})"
        at = f"{one.times_min[top]:g}" + "*" * last
        ends = [_small(end) for end in (min(one.others.values()), max(one.others.values()))] if one.others else ["none"]
        others = " to ".join(dict.fromkeys(ends))
        rows.append((one.title, at, _small(one.p50[top]), band, others, one.says, one.certainty, driver))
    lines = _aligned(rows, words=1, last=3)
    lines += ["  * still rising at the last time"] if rising else []
    lines += ["  a part is how much of the effect is felt (0.5: half of it), not the chance that it comes"]
    lines += [
        "  other models: the typical height with each other model of the same site; the band does not hold that spread"
    ]
    return [*lines, "  certainty D: rests on figures that this project proposes, to be signed"]


def _small(number: float) -> str:
    return "<0.001" if 0 < number < LEAST_PRINTED else f"{number:.2g}"


def _label(track: Track) -> str:
    name = track.analyte.replace("_", " ")
    return name if name == track.site else f"{name}, {track.site}"


def _dose_line(prediction: Prediction, number: int) -> str:
    dose = prediction.doses[number]
    over = f" over {dose.duration_min:g} min" if dose.duration_min else ""
    amount = f"{prediction.drug(number)} {dose.amount_mg:g} mg"
    return f"dose {number + 1}: {amount} {dose.route}{over} from minute {dose.start_min:g}"


def _shown_rows(prediction: Prediction, every_time: bool) -> list[int]:
    """Which times are printed: all, or those near the ends of doses and at round times after the first one."""
    times = prediction.times_min
    if every_time:
        return list(range(len(times)))
    first = min(dose.start_min for dose in prediction.doses)
    ends = [dose.end_min for dose in prediction.doses][:MOST_ENDS]
    wanted = sorted({*(first + after for after in ROUND_TIMES_MIN), *ends, float(times[-1])})
    inside = [moment for moment in wanted if times[0] <= moment <= times[-1]]
    return sorted({int(np.abs(times - moment).argmin()) for moment in inside})


def _table(prediction: Prediction, tracks: Sequence[Track], every_time: bool) -> list[str]:
    rows = [("min", *(_label(track) for track in tracks))]
    for row in _shown_rows(prediction, every_time):
        cells = [f"{one.p50[row]:.1f} ({one.p5[row]:.1f}-{one.p95[row]:.1f})" for one in tracks]
        rows.append((f"{prediction.times_min[row]:g}", *cells))
    return _aligned(rows, words=0)


def _typical_rows(prediction: Prediction, tracks: Sequence[Track], every_time: bool) -> list[tuple[str, ...]]:
    return [
        (f"{prediction.times_min[row]:g}", *(f"{one.typical[row]:.1f}" for one in tracks))
        for row in _shown_rows(prediction, every_time)
    ]


def _aligned(rows: Sequence[tuple[str, ...]], *, words: int, last: int = 0) -> list[str]:
    """Columns two spaces apart: the first `words` and the `last` ones to the left, numbers to the right."""
    count = len(rows[0])
    widths = [max(len(row[column]) for row in rows) for column in range(count)]
    left = {*range(words), *range(count - last, count)}
    lines = []
    for row in rows:
        cells = [row[at].ljust(widths[at]) if at in left else row[at].rjust(widths[at]) for at in range(count)]
        lines.append(("  " + "  ".join(cells)).rstrip())
    return lines


def models_text(models: Sequence[Model]) -> str:
    """One line per model: routes, analytes with their site, what was measured, whom it studied, certainty."""
    rows = [("model", "routes", "gives", "site", "form", "certainty", "title")]
    for one in models:
        card = one.card
        gives = ", ".join(name.replace("_", " ") for name in card.analytes)
        rows.append((one.id, " ".join(card.routes), gives, card.site, card.measures, one.entry.certainty, card.title))
    lines = _aligned(rows, words=len(rows[0]))
    lines += ["", "Whom each model studied"]
    width = max(len(one.id) for one in models) + 2
    lines += [f"  {one.id:<{width}}{' '.join(one.card.population.split())}" for one in models]
    return "\n".join([*lines, "", "norket models ID shows one card; norket validate holds all of them against data."])


def model_text(model: Model) -> str:
    """The card of one model."""
    card = model.describe()
    lines = [f"{card['id']}: {card['title']}", "", *wrap(card["statement"], LINE), ""]
    words = {
        name: str(card[name]) for name in ("structure", "population", "site", "measures", "certainty", "variability")
    }
    words["routes"] = ", ".join(card["routes"])
    words["gives"] = ", ".join(f"{name} ({site})" for name, site in card["analytes"].items())
    words["covariates"] = ", ".join(card["covariates"]) or "none beside weight, age and sex"
    words["validation"] = _validation(model.id)
    for name, text in words.items():
        lines += wrap(" ".join(text.split()), LINE, initial_indent=f"{name:<13}", subsequent_indent=" " * 13)
    lines += ["", "Figures", *_figure_lines([one for one in card["figures"] if one["entry"] in _own(model)])]
    if card["conflict"]:
        lines += ["", "Sources disagree", *_wrapped([card["conflict"]], "  ")]
    lines += ["", "Known limits", *_wrapped(card["limits"], "  - ")]
    lines += ["", "Sources", *(f"  - {source['key']}: {source['place']}" for source in card["sources"])]
    return "\n".join(lines)


def _validation(model_id: str) -> str:
    on_record = record(model_id)
    if not on_record["rows"]:
        return "no published row is held against this model"
    numbers = ", ".join(str(number) for number in on_record["rows"])
    counts = f"{on_record['inside']} inside, {on_record['outside']} outside, {on_record['not_computed']} not computed"
    return f"{counts} (rows {numbers}); {on_record['same_data']} of them from the study the model was made from"


def _wrapped(texts: Sequence[str], mark: str) -> list[str]:
    return [
        line
        for text in texts
        for line in wrap(" ".join(text.split()), LINE, initial_indent=mark, subsequent_indent=" " * len(mark))
    ]


def _own(model: Model) -> set[str]:
    return {model.entry.id, model.card.patient_limits, *model.card.also}


def _figure_lines(figures: Sequence[dict[str, Any]]) -> list[str]:
    rows = []
    for figure in figures:
        number = "" if figure["value"] is None else f"{figure['value']:g}"
        bounds = [f"{figure[end]:g}" if figure[end] is not None else "" for end in ("low", "high")]
        span = f" ({bounds[0]} to {bounds[1]})" if any(bounds) else ""
        rows.append((figure["name"], f"{number + span} {figure['unit']}".strip(), figure["note"] or ""))
    return _aligned(rows, words=1, last=1)
