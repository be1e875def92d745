"""The chart of a session as one vector picture, for paper: the same lanes as on the screen, in black and white."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

WIDTH, LEFT, RIGHT = 1000.0, 64.0, 40.0
# Lane: top and bottom of what is drawn, in units of the picture.
VITALS, CURVE, PUMP, SCORES, MARKS, AXIS = (
    (24.0, 196.0),
    (232.0, 378.0),
    (402.0, 452.0),
    (470.0, 490.0),
    (506.0, 526.0),
    546.0,
)
HEIGHT = 566.0
PRESSURE, SATURATION = (20.0, 220.0), (45.0, 105.0)
LETTER = 6.6
GAP = timedelta(minutes=2)
STEPS_MIN = (5, 10, 15, 30, 60, 120)
MOST_LINES = 14
SHORT = {
    "moaas": "MOAA/S",
    "watched_sedation": "sed",
    "watched_distress": "distr",
    "dissociation": "diss",
    "pain": "pain",
    "mobility": "mob",
}
SHOWN = {
    "infusion_started": "start",
    "infusion_paused": "pause",
    "infusion_resumed": "resume",
    "infusion_stopped": "stop",
    "rate_changed": "rate",
    "rescue_given": "rescue",
    "dose_given": "dose",
    "concern_raised": "help",
    "event_recorded": "event",
    "discharged": "home",
    "left_early": "left",
}


@dataclass(frozen=True)
class Sheet:
    """The time axis that all lanes share."""

    first: datetime
    last: datetime
    zone: ZoneInfo

    def x(self, at: datetime) -> float:
        return LEFT + (at - self.first) / (self.last - self.first) * (WIDTH - LEFT - RIGHT)

    def holds(self, at: datetime) -> bool:
        return self.first <= at <= self.last

    def ticks(self) -> Iterator[datetime]:
        """Whole steps of the clock, few enough to be read."""
        length = self.last - self.first
        step = next((one for one in STEPS_MIN if length / timedelta(minutes=one) <= MOST_LINES), 240)
        local = self.first.astimezone(self.zone)
        at = local.replace(minute=0, second=0, microsecond=0)
        while at <= self.last:
            if at >= self.first:
                yield at
            at += timedelta(minutes=step)


def draw(told: dict[str, Any], zone: ZoneInfo) -> str:
    """The picture of what `record.session.account` tells, as one SVG element."""
    sheet = _sheet(told, zone)
    parts = [*_frame(sheet), *_vitals(sheet, told), *_curve(sheet, told), *_pump(sheet, told)]
    parts += [*_scores(sheet, told), *_marks(sheet, told)]
    said = "Vital signs, predicted concentrations, infusion, scores and events over time"
    return f'<svg viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img" aria-label="{said}">{"".join(parts)}</svg>'


def _sheet(told: dict[str, Any], zone: ZoneInfo) -> Sheet:
    state = told["state"]
    begun = [part.start for part in state.segments] + [one.at for one in (*state.boluses, *state.other_doses)]
    first = min(begun, default=told["until"]) - timedelta(minutes=10)
    last = max(told["until"], first + timedelta(minutes=60))
    return Sheet(first, last, zone)


def _frame(sheet: Sheet) -> Iterator[str]:
    for name, (top, bottom) in (
        ("Vital signs: pressure ∨ ∧ mmHg, heart rate – – /min, SpO₂ ····· %", VITALS),
        (
            "Predicted: ketamine solid, norketamine dashed, ng/mL; 5 to 95 of 100 virtual patients; grey: not read",
            CURVE,
        ),
        ("Infusion mL/h, boluses", PUMP),
        ("Scores", SCORES),
        ("Events", MARKS),
    ):
        yield f'<text class="name" x="{LEFT}" y="{top - 6}">{escape(name)}</text>'
        yield f'<path class="frame" d="M{LEFT} {bottom}H{WIDTH - RIGHT}"/>'
    for at in sheet.ticks():
        x = sheet.x(at)
        yield f'<path class="grid" d="M{x:.1f} {VITALS[0]}V{AXIS - 12}"/>'
        yield f'<text class="tick" x="{x:.1f}" y="{AXIS + 4}">{at.astimezone(sheet.zone):%H:%M}</text>'


def _scaled(value: float, lane: tuple[float, float], scale: tuple[float, float]) -> float:
    (top, bottom), (low, high) = lane, scale
    return bottom - (min(max(value, low), high) - low) / (high - low) * (bottom - top)


def _vitals(sheet: Sheet, told: dict[str, Any]) -> Iterator[str]:
    for value in (40, 80, 120, 160, 200):
        y = _scaled(value, VITALS, PRESSURE)
        yield _level(y, f"{value}")
    for value in (60, 80, 90, 100):
        y = _scaled(value, VITALS, SATURATION) + 4
        yield f'<text class="scale-end" x="{WIDTH - RIGHT + 6}" y="{y:.1f}">{value}</text>'
    for name, scale in (("hr_per_min", PRESSURE), ("spo2_percent", SATURATION)):
        yield from _line(sheet, _seen(told, name), scale, name)
    diastolic = dict(_seen(told, "dbp_mmhg"))
    for at, systolic in _seen(told, "sbp_mmhg"):
        if at in diastolic and sheet.holds(at):
            yield _chevrons(sheet.x(at), systolic, diastolic[at])


def _level(y: float, text: str) -> str:
    line = f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>'
    return f'{line}<text class="scale" x="{LEFT - 6}" y="{y + 4:.1f}">{text}</text>'


def _chevrons(x: float, systolic: float, diastolic: float) -> str:
    top, bottom = _scaled(systolic, VITALS, PRESSURE), _scaled(diastolic, VITALS, PRESSURE)
    return (
        f'<rect class="pressure-span" x="{x - 2:.1f}" y="{top:.1f}" width="4" height="{bottom - top:.1f}"/>'
        f'<path class="pressure" d="M{x - 4:.1f} {top - 4:.1f}L{x:.1f} {top:.1f}L{x + 4:.1f} {top - 4:.1f}'
        f'M{x - 4:.1f} {bottom + 4:.1f}L{x:.1f} {bottom:.1f}L{x + 4:.1f} {bottom + 4:.1f}"/>'
    )


def _seen(told: dict[str, Any], name: str) -> list[tuple[datetime, float]]:
    """Every value of one channel, by device and by hand; what the monitor doubted is left out."""
    device = [
        (datetime.fromisoformat(one["at"]), float(one["value"]))
        for one in told["samples"]
        if one["channel"] == name and not one.get("artefact")
    ]
    hand = [
        (one.at, float(value))
        for one in told["state"].readings
        if not one.vitals.artefact and (value := getattr(one.vitals, name)) is not None
    ]
    return sorted({*device, *hand})


def _line(sheet: Sheet, seen: Iterable[tuple[datetime, float]], scale: tuple[float, float], name: str) -> Iterator[str]:
    """A line that breaks where nothing was measured; a lonely value is a dot."""
    pieces: list[list[tuple[datetime, float]]] = []
    for at, value in seen:
        if not sheet.holds(at):
            continue
        if not pieces or at - pieces[-1][-1][0] > GAP:
            pieces.append([])
        pieces[-1].append((at, value))
    for piece in pieces:
        points = [f"{sheet.x(at):.1f} {_scaled(value, VITALS, scale):.1f}" for at, value in piece]
        if len(points) == 1:
            x, y = points[0].split()
            yield f'<circle class="{name}-dot" cx="{x}" cy="{y}" r="1.6"/>'
        else:
            yield f'<path class="{name}" d="M{"L".join(points)}"/>'


def _curve(sheet: Sheet, told: dict[str, Any]) -> Iterator[str]:
    curve = told["curve"]
    if curve is None:
        yield f'<text class="note" x="{LEFT + 8}" y="{sum(CURVE) / 2}">{escape(told["no_curve"])}</text>'
        return
    zero = datetime.fromisoformat(curve["zero_at"])
    places = [
        (place, at)
        for place, minute in enumerate(curve["times_min"])
        if sheet.holds(at := zero + timedelta(minutes=minute))
    ]
    bands = [curve[name] for name in ("ketamine_ng_ml", "norketamine_ng_ml") if name in curve]
    top = max((band["p95"][place] for band in bands for place, _ in places), default=1.0) * 1.1 or 1.0
    for value in _steps(top):
        y = _scaled(value, CURVE, (0, top))
        yield _level(y, f"{value:g}")
    yield from _unread(sheet, zero, curve["unread_min"])
    for name, band in zip(("ketamine", "norketamine"), bands, strict=False):
        points = {
            part: [f"{sheet.x(at):.1f} {_scaled(band[part][place], CURVE, (0, top)):.1f}" for place, at in places]
            for part in ("p5", "p50", "p95")
        }
        yield f'<path class="{name}-band" d="M{"L".join([*points["p95"], *reversed(points["p5"])])}Z"/>'
        yield f'<path class="{name}" d="M{"L".join(points["p50"])}"/>'


def _unread(sheet: Sheet, zero: datetime, spans: Iterable[Sequence[float]]) -> Iterator[str]:
    """The minutes in which no level is to be read, greyed as far as they lie on the sheet."""
    top, bottom = CURVE
    for span in spans:
        begin, end = (min(max(zero + timedelta(minutes=minute), sheet.first), sheet.last) for minute in span)
        if begin < end:
            wide = sheet.x(end) - sheet.x(begin)
            place = f'x="{sheet.x(begin):.1f}" y="{top}" width="{wide:.1f}" height="{bottom - top}"'
            yield f'<rect class="unread" {place}/>'


def _steps(top: float) -> list[float]:
    step = next((one for one in (10, 25, 50, 100, 200, 500, 1000) if top / one <= 5), 2000)  # noqa: PLR2004 -- lines
    return [step * number for number in range(int(top // step) + 1)]


def _pump(sheet: Sheet, told: dict[str, Any]) -> Iterator[str]:
    state, (top, bottom) = told["state"], PUMP
    highest = max((part.rate_ml_h for part in state.segments), default=1.0) or 1.0
    ending = min(told["until"], sheet.last)
    for part in state.segments:
        x, end = sheet.x(part.start), sheet.x(min(part.end or ending, ending))
        high = max(12.0, part.rate_ml_h / highest * (bottom - top))
        wide = max(1.0, end - x)
        yield f'<rect class="block" x="{x:.1f}" y="{bottom - high:.1f}" width="{wide:.1f}" height="{high:.1f}"/>'
        text = f"{part.rate_ml_h:g} mL/h"
        if end - x > len(text) * LETTER:
            yield f'<text class="block-text" x="{x + 4:.1f}" y="{bottom - 4:.1f}">{text}</text>'
    for one in state.boluses:
        x = sheet.x(one.at)
        yield f'<path class="bolus" d="M{x - 5:.1f} {top - 2}h10l-5 12z"/>'
        yield f'<text class="mark" x="{x + 7:.1f}" y="{top + 7}">{one.amount_mg:g} mg</text>'


def _scores(sheet: Sheet, told: dict[str, Any]) -> Iterator[str]:
    read = [
        (one.at, f"{SHORT.get(name, name)} {one.value}") for name, line in told["state"].scores.items() for one in line
    ]
    read += [
        (at, f"rec {score.total if score.total is not None else '–'}") for at, score in told["state"].recovery_scores
    ]
    yield from _texts(sheet, sorted(read), SCORES)


def _marks(sheet: Sheet, told: dict[str, Any]) -> Iterator[str]:
    found = []
    for event in told["events"]:
        word = event["text"][:2] if event["type"] == "alert_raised" else SHOWN.get(event["type"])
        if word:
            found.append((event["at"], word))
    yield from _texts(sheet, found, MARKS, dot=True)


def _texts(
    sheet: Sheet, found: Sequence[tuple[datetime, str]], lane: tuple[float, float], *, dot: bool = False
) -> Iterator[str]:
    """Words at their times; one that would be written over its neighbour leaves its dot alone. The list has all."""
    free, y = LEFT, lane[1] - 6
    for at, word in found:
        if not sheet.holds(at):
            continue
        x = sheet.x(at)
        if dot:
            yield f'<circle class="dot" cx="{x:.1f}" cy="{y - 3:.1f}" r="2.4"/>'
        if x >= free:
            yield f'<text class="mark" x="{x + (5 if dot else 0):.1f}" y="{y:.1f}">{escape(word)}</text>'
            free = x + len(word) * LETTER + 12
