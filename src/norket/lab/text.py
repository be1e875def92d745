"""The answer for the terminal."""

from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any

WIDTH = 118
SHOWN = ("peak", "exposure", "hours_over", "total_mg", "sessions_stopped")
# What is left unexplained is told where this much is not reached.
MOSTLY = 0.9
WORDS = {
    **{"tmax": "time of the peak", "area": "area while watched", "exposure": "whole area", "total_mg": "total"},
    **{"hours_over": "hours over", "hours_under": "hours under", "part_given": "part of the doses given"},
    **{"sessions": "sessions had", "sessions_stopped": "sessions stopped"},
}


def answer_text(answer: Mapping[str, Any]) -> str:
    """The answer as lines of at most 120 characters."""
    return "\n".join(_lines(answer))


def _lines(answer: Mapping[str, Any]) -> Iterator[str]:
    yield answer["title"]
    yield f"{answer['question']}"
    with_ = f" with {', '.join(answer['interactions'])}" if answer["interactions"] else ""
    yield f"{answer['patients']:,} virtual patients, seed {answer['seed']}, {', '.join(answer['models'])}{with_}"
    percentiles = percentile_names(answer)
    for one in answer["protocols"]:
        yield ""
        yield f"{one['name']}: {one['title']}"
        yield f"  {'':<38}" + "".join(f"{name:>10}" for name in ("mean", *percentiles))
        for row in one["measures"]:
            if _told(row):
                yield f"  {named(answer, row):<38}" + "".join(f"{row[name]:>10.4g}" for name in ("mean", *percentiles))
        yield from _targets(answer, one)
    for pair in answer["comparisons"]:
        yield from _comparison(answer, pair)
    yield from _drivers(answer)
    yield ""
    yield solved(answer)
    yield from outside(answer)
    for one in answer["warnings"]:
        yield from wrap(one, WIDTH, initial_indent="- ", subsequent_indent="  ")
    yield f"{len(answer['sources'])} publications are behind it: see the report, or --json."


def percentile_names(answer: Mapping[str, Any]) -> list[str]:
    """The percentiles of an answer by their keys, such as p5."""
    return [name for name in answer["protocols"][0]["measures"][0] if name[:1] == "p" and name[1:2].isdigit()]


def solved(answer: Mapping[str, Any]) -> str:
    """By which way the patients were solved, both exact."""
    slow = "; ".join(f"{count:,} of them by the general engine ({why})" for why, count in answer["fallback"].items())
    return f"Solved exactly: {answer['patients']:,} patients" + (f", {slow}." if slow else ", all by their modes.")


def outside(answer: Mapping[str, Any]) -> Iterator[str]:
    """How many people are outside what each model's study had in it; for them a curve is an extrapolation."""
    for one in answer["studied"]:
        if one["outside"]:
            span = " to ".join(f"{end:g}" for end in (one["low"], one["high"]) if end is not None)
            studied = f"{one['fact']}s that {one['model']} studied ({span} {one['unit']})"
            yield f"{one['outside']:.1%} are outside the {studied}: for them the curve is an extrapolation."


def named(answer: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    """A measure in words, with its unit."""
    *about, what = row["measure"].split("/")
    titles = {one["name"]: _lower(one["title"]) for one in answer["outputs"]}
    head = [titles.get(one, one.replace("_", " ")) for one in about]
    return ": ".join([*head, WORDS.get(what, what)]) + (f", {row['unit']}" if row["unit"] else "")


def _lower(title: str) -> str:
    return title if title[1:2] == "-" else title[:1].lower() + title[1:]


def _told(row: Mapping[str, Any]) -> bool:
    """Whether a measure has a line of its own here; sessions that never stop have none."""
    what = row["measure"].split("/")[-1]
    return what in SHOWN and (what != "sessions_stopped" or row["mean"] > 0)


def limits_of(answer: Mapping[str, Any], target: Mapping[str, Any]) -> str:
    """What a target asks for, in words."""
    parts = [("at least", target["at_least"]), ("at most", target["at_most"])]
    unit = f" {target['unit']}" if target["unit"] else ""
    said = " and ".join(f"{word} {number:g}" for word, number in parts if number is not None)
    return f"{named(answer, {**target, 'unit': ''})} {said}{unit}"


def points(one: Mapping[str, Any]) -> str:
    """A difference of two chances with its interval, in points of a hundred."""
    return f"{one['difference'] * 100:+.1f} points ({one['low'] * 100:+.1f} to {one['high'] * 100:+.1f})"


def _targets(answer: Mapping[str, Any], protocol: Mapping[str, Any]) -> Iterator[str]:
    for one in protocol["targets"]:
        chance = f"{one['probability']:.1%} ({one['low']:.1%} to {one['high']:.1%})"
        yield f"  {one['name']}: {chance} have {limits_of(answer, one)}"
        if one["by_model"]:
            yield "    by model: " + ", ".join(f"{name} {part:.1%}" for name, part in one["by_model"].items())


def _comparison(answer: Mapping[str, Any], pair: Mapping[str, Any]) -> Iterator[str]:
    low, middle, high = ends(answer)
    yield ""
    yield f"{pair['second']} against {pair['first']}, the same people (difference in each: {middle}, {low} to {high})"
    for one in pair["differences"]:
        if one["measure"].split("/")[-1] in ("peak", "exposure", "total_mg"):
            ratio = f", x {one['ratio']:.2f} in the median" if "ratio" in one else ""
            yield f"  {named(answer, one):<38}{one[middle]:+.4g} ({one[low]:+.4g} to {one[high]:+.4g}){ratio}"
    for one in pair["targets"]:
        only = f"only {pair['first']} {one['first_only']:,}, only {pair['second']} {one['second_only']:,}"
        yield f"  {one['name']}: {points(one)}; both {one['both']:,}, {only}, neither {one['neither']:,}"


def ends(answer: Mapping[str, Any]) -> tuple[str, str, str]:
    """The lowest, the middle and the highest percentile."""
    names = percentile_names(answer)
    return names[0], names[len(names) // 2], names[-1]


def _drivers(answer: Mapping[str, Any]) -> Iterator[str]:
    if not any(one["factors"] for one in answer["sensitivity"]):
        return
    yield ""
    yield "What drives the spread (share of the variance of ranks)"
    for one in answer["sensitivity"]:
        shares = ", ".join(f"{factor['factor']} {factor['share']:.0%}" for factor in one["factors"][:4])
        model = f"{one['model']}, " if len(answer["models"]) > 1 else ""
        rest = f"; {1 - one['explained']:.0%} not explained" if one["explained"] < MOSTLY else ""
        yield f"  {model}{one['protocol']} {one['measure'].replace('/', ' ')}: {shares or 'nothing varies'}{rest}"
