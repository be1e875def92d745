"""Small drawings for the report: bands over the days of a course, bars of chances, in the colours of the page."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from math import ceil, floor, log10
from typing import Any

WIDTH, HEIGHT = 860, 300
LEFT, RIGHT, TOP, BOTTOM = 62, 12, 26, 58
BAR, LABEL, MOST_LETTERS = 26, 270, 42
GAP = 0.18
# Of more days than this some are drawn, evenly chosen.
MOST_DAYS = 8
MINUTES_PER_DAY, MINUTES_PER_HOUR = 1440.0, 60.0
TICKS = 5
SCALE = {"1": "part"}
# Hours between two marks under a day, and how far apart marks are at least.
HOURS = (0.25, 0.5, 1, 2, 3, 4, 6, 12, 24, 48, 96, 168)
APART = 30
# A level further than this above every curve is not drawn.
NEAR = 1.5


def ticks(top: float) -> list[float]:
    """Round numbers from zero until just above `top`."""
    if top <= 0:
        return [0.0, 1.0]
    step = 10.0 ** floor(log10(top / TICKS))
    step *= next(factor for factor in (1, 2, 5, 10) if top / (step * factor) <= TICKS)
    return [number * step for number in range(ceil(top / step - 1e-9) + 1)]


def band_chart(answer: Mapping[str, Any], output: Mapping[str, str]) -> str:
    """The outer percentiles as a band and the middle one as a line, each protocol in its colour, day beside day."""
    days = days_drawn(answer)
    curves = [(one, one["bands"][output["name"]]) for one in answer["protocols"]]
    highest = max(max(values) for _, band in curves for values in band.values())
    levels = [(name, level) for name, level in _levels(answer, output["name"]) if 0 < level <= NEAR * highest]
    top = ticks(max([highest, *(level for _, level in levels)]))
    longest = max(length for one, _ in curves for length in _lengths(one))
    place = _Place(days, longest, top[-1])
    parts = [_axes(place, top, output["unit"])]
    for number, (one, band) in enumerate(curves):
        names = list(band)
        low, middle, high = band[names[0]], band[names[len(names) // 2]], band[names[-1]]
        parts += list(_band(place, one, (low, middle, high), number))
    parts += [_level(place, name, level) for name, level in levels]
    said = f"{output['title']} over the course, {output['unit']}"
    return _svg(WIDTH, HEIGHT, said, "".join(parts))


def days_drawn(answer: Mapping[str, Any]) -> list[float]:
    """The starts (min) of the days that pictures show: all of them, or the first, the last and some between."""
    days = sorted({start for one in answer["protocols"] for start in one["sessions_min"]})
    if len(days) <= MOST_DAYS:
        return days
    return [days[round(number * (len(days) - 1) / (MOST_DAYS - 1))] for number in range(MOST_DAYS)]


def _levels(answer: Mapping[str, Any], output: str) -> Iterator[tuple[str, float]]:
    """The thresholds of an output, and the ends of what is asked of its peak, each level once."""
    found: dict[float, str] = {}
    for one in answer["thresholds"]:
        if one["output"] == output:
            found.setdefault(one["level"], one["name"])
    for one in answer["protocols"][0]["targets"]:
        if one["measure"] == f"{output}/peak":
            for word, level in (("at least", one["at_least"]), ("at most", one["at_most"])):
                if level is not None:
                    found.setdefault(level, f"{one['name']}: {word}")
    for level, name in found.items():
        yield f"{name} {level:g}".replace("_", " "), level


def _level(place: "_Place", name: str, level: float) -> str:
    y = place.y(level)
    line = f'<line class="level" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
    return f'{line}<text class="note" x="{WIDTH - RIGHT - 4}" y="{y - 4:.1f}" text-anchor="end">{escape(name)}</text>'


def _lengths(protocol: Mapping[str, Any]) -> Iterator[float]:
    for start, end in _spans(protocol):
        yield protocol["times_min"][end - 1] - protocol["times_min"][start]


def _spans(protocol: Mapping[str, Any]) -> Iterator[tuple[int, int]]:
    at = 0
    for count in protocol["grids"]:
        yield at, at + count
        at += count


class _Place:
    """Where a time and a value are: each day has its panel, all of the same width."""

    def __init__(self, days: Sequence[float], longest: float, top: float) -> None:
        self.days, self.longest, self.top = days, longest or 1.0, top
        self.panel = (WIDTH - LEFT - RIGHT) / (len(days) * (1 + GAP) - GAP)

    def start(self, day: float) -> float:
        return LEFT + self.days.index(day) * self.panel * (1 + GAP)

    def x(self, day: float, time: float) -> float:
        return self.start(day) + (time - day) / self.longest * self.panel

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - value / self.top * (HEIGHT - TOP - BOTTOM)


def _axes(place: _Place, top: Sequence[float], unit: str) -> str:
    parts = []
    for value in top:
        y = place.y(value)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
    step = next((one for one in HOURS if one * MINUTES_PER_HOUR / place.longest * place.panel >= APART), HOURS[-1])
    for day in place.days:
        for number in range(int(place.longest / MINUTES_PER_HOUR / step + 1e-9) + 1):
            x = place.x(day, day + number * step * MINUTES_PER_HOUR)
            foot = f'y="{HEIGHT - BOTTOM + 15}" text-anchor="middle"'
            parts.append(f'<text class="note" x="{x:.1f}" {foot}>{number * step:g}</text>')
        middle, name = place.start(day) + place.panel / 2, f"day {day / MINUTES_PER_DAY:g}"
        parts.append(f'<text x="{middle:.1f}" y="{HEIGHT - 26}" text-anchor="middle">{name}</text>')
    parts.append(f'<text class="note" x="{LEFT}" y="{HEIGHT - 8}">hours from the start of each day\'s doses</text>')
    parts.append(f'<text class="note" x="{LEFT - 8}" y="14" text-anchor="end">{escape(SCALE.get(unit, unit))}</text>')
    return "".join(parts)


def _band(place: _Place, protocol: Mapping[str, Any], curves: tuple[list[float], ...], number: int) -> Iterator[str]:
    low, middle, high = curves
    times = protocol["times_min"]
    title = f"<title>{escape(protocol['name'])}</title>"
    for (start, end), day in zip(_spans(protocol), protocol["sessions_min"], strict=True):
        if day not in place.days:
            continue
        across = [place.x(day, times[at]) for at in range(start, end)]
        over = [f"{x:.1f},{place.y(value):.1f}" for x, value in zip(across, high[start:end], strict=True)]
        under = [f"{x:.1f},{place.y(value):.1f}" for x, value in zip(across, low[start:end], strict=True)]
        line = [f"{x:.1f},{place.y(value):.1f}" for x, value in zip(across, middle[start:end], strict=True)]
        yield f'<polygon class="band c{number}" points="{" ".join([*over, *reversed(under)])}">{title}</polygon>'
        yield f'<polyline class="line c{number}" points="{" ".join(line)}">{title}</polyline>'


def _short(label: str) -> str:
    return label if len(label) <= MOST_LETTERS else label[: MOST_LETTERS - 1] + "…"


def interval_chart(rows: Sequence[Mapping[str, Any]], said: str) -> str:
    """A bar for each `label` from 0 to 1 up to `value`, with `low` and `high` as a whisker; `colour` is a number."""
    height = len(rows) * BAR + 28
    across = WIDTH - LABEL - 90

    def x(part: float) -> float:
        return LABEL + part * across

    parts = []
    for number, row in enumerate(rows):
        y = number * BAR + 6
        parts.append(f'<text x="{LABEL - 10}" y="{y + 13}" text-anchor="end">{escape(_short(row["label"]))}</text>')
        parts.append(
            f'<rect class="bar c{row["colour"]}" x="{LABEL}" y="{y}" height="16" width="{row["value"] * across:.1f}"/>'
        )
        if "low" in row:
            line = f'x1="{x(row["low"]):.1f}" x2="{x(row["high"]):.1f}" y1="{y + 8}" y2="{y + 8}"'
            parts.append(f'<line class="whisker" {line}/>')
        shown = max(row["value"], row.get("high", 0.0))
        parts.append(f'<text x="{x(shown) + 8:.1f}" y="{y + 13}">{row["value"]:.1%}</text>')
    foot = f'y="{height - 6}" text-anchor="middle"'
    parts += [f'<text class="note" x="{x(part):.1f}" {foot}>{part:.0%}</text>' for part in (0.0, 0.5, 1.0)]
    return _svg(WIDTH, height, said, "".join(parts))


def _svg(width: int, height: int, said: str, inside: str) -> str:
    picture = f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(said)}">{inside}</svg>'
    return f"<div class=scroll>{picture}</div>"
