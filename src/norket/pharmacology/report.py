"""A prediction and a model's card as plain text for a terminal."""

from typing import Any

from norket.pharmacology.models import Model
from norket.pharmacology.prediction import Prediction
from norket.pharmacology.summary import AUC_SPAN
from norket.pharmacology.track import Track

ROWS = 14


def prediction_text(prediction: Prediction, *, every_time: bool = False) -> str:
    """Summary, curves at a few times (or at `every_time`), warnings and sources."""
    lines = [_dose_line(prediction, number) for number in range(len(prediction.doses))]
    lines += ["", f"{'typical patient, all doses':<28} peak ng/mL    at min   AUC {AUC_SPAN} ng·h/mL   half-life h"]
    for name, one in prediction.summaries.items():
        label = _label(prediction.analytes[name])
        numbers = f"{one.cmax_ng_ml:11.1f}{one.tmax_min:10.1f}{one.auc_ng_h_ml:20.1f}{one.half_life_h:14.2f}"
        lines.append(f"{label:<28}{numbers}")
    shown = [track for track in prediction.tracks if track.enantiomer == "S + R"]
    lines += ["", "ng/mL: median (5th-95th percentile of the virtual patients)", *_table(prediction, shown, every_time)]
    lines += ["", "Warnings", *(f"  - {text}" for text in prediction.warnings)]
    lines += ["", "Sources", *(f"  - {source.citation} [{source.key}]" for source in prediction.sources)]
    lines += ["", f"Knowledge {prediction.edition[:12]}, seed {prediction.seed}, {prediction.draws} virtual patients."]
    return "\n".join([*lines, "Advice to be checked by a clinician; not a medical device."])


def _label(track: Track) -> str:
    name = track.analyte.replace("_", " ")
    return name if name == track.site else f"{name}, {track.site}"


def _dose_line(prediction: Prediction, number: int) -> str:
    dose = prediction.doses[number]
    over = f" over {dose.duration_min:g} min" if dose.duration_min else ""
    return f"dose {number + 1}: {dose.drug} {dose.amount_mg:g} mg {dose.route}{over} from minute {dose.start_min:g}"


def _table(prediction: Prediction, tracks: list[Track], every_time: bool) -> list[str]:
    heads = [_label(track) for track in tracks]
    lines = ["     min" + "".join(f"{head:>27}" for head in heads)]
    count = len(prediction.times_min)
    stride = 1 if every_time else max(1, count // ROWS)
    for row in range(0, count, stride):
        cells = [f"{one.p50[row]:.1f} ({one.p5[row]:.1f}-{one.p95[row]:.1f})" for one in tracks]
        lines.append(f"{prediction.times_min[row]:8g}" + "".join(f"{cell:>27}" for cell in cells))
    return lines


def models_text(models: list[Model]) -> str:
    """One line per model."""
    return "\n".join(
        f"{one.id:<12} {', '.join(one.card.analytes):<26} {one.card.site:<9} {one.card.title}" for one in models
    )


def model_text(model: Model) -> str:
    """The card of one model."""
    card = model.describe()
    lines = [f"{card['id']}: {card['title']}", "", card["statement"], ""]
    words = ("structure", "population", "site", "measures", "certainty", "variability")
    lines += [f"{name:<12} {card[name]}" for name in words]
    lines.append(f"{'routes':<12} {', '.join(card['routes'])}")
    lines.append(f"{'gives':<12} {', '.join(f'{name} ({site})' for name, site in card['analytes'].items())}")
    lines += ["", "Figures", *(_figure_line(figure) for figure in card["figures"] if figure["entry"] in _own(model))]
    if card["conflict"]:
        lines += ["", "Sources disagree", f"  {card['conflict']}"]
    lines += ["", "Known limits", *(f"  - {limit}" for limit in card["limits"])]
    lines += ["", "Sources", *(f"  - {source['key']}: {source['place']}" for source in card["sources"])]
    return "\n".join(lines)


def _own(model: Model) -> set[str]:
    return {model.entry.id, model.card.patient_limits, *model.card.also}


def _figure_line(figure: dict[str, Any]) -> str:
    number = "" if figure["value"] is None else f"{figure['value']:g}"
    bounds = [f"{figure[end]:g}" if figure[end] is not None else "" for end in ("low", "high")]
    span = f" ({bounds[0]} to {bounds[1]})" if any(bounds) else ""
    note = f"  {figure['note']}" if figure["note"] else ""
    return f"  {figure['name']:<20} {number + span:>18} {figure['unit']:<6}{note}"
