"""The answer for the terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

SHOWN = ("peak", "exposure", "hours_over", "total_mg", "sessions_stopped")


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
            if row["measure"].split("/")[-1] in SHOWN:
                yield f"  {_named(row):<38}" + "".join(f"{row[name]:>10.4g}" for name in ("mean", *percentiles))
        yield from _targets(one)
    for pair in answer["comparisons"]:
        yield from _comparison(pair)
    yield from _drivers(answer)
    yield ""
    yield solved(answer)
    yield f"{len(answer['warnings'])} warnings and {len(answer['sources'])} sources: see the report, or --json."


def percentile_names(answer: Mapping[str, Any]) -> list[str]:
    """The percentiles of an answer by their keys, such as p5."""
    return [name for name in answer["protocols"][0]["measures"][0] if name[:1] == "p" and name[1:2].isdigit()]


def solved(answer: Mapping[str, Any]) -> str:
    """By which way the patients were solved, both exact."""
    slow = "; ".join(f"{count:,} of them by the general engine ({why})" for why, count in answer["fallback"].items())
    return f"Solved exactly: {answer['patients']:,} patients" + (f", {slow}." if slow else ", all by their modes.")


def _named(row: Mapping[str, Any]) -> str:
    return f"{row['measure'].replace('/', ' ').replace('_', ' ')}" + (f", {row['unit']}" if row["unit"] else "")


def limits_of(target: Mapping[str, Any]) -> str:
    """What a target asks for, in words."""
    parts = [("at least", target["at_least"]), ("at most", target["at_most"])]
    unit = f" {target['unit']}" if target["unit"] else ""
    said = " and ".join(f"{word} {number:g}" for word, number in parts if number is not None)
    return f"{target['measure'].replace('/', ' ').replace('_', ' ')} {said}{unit}"


def _targets(protocol: Mapping[str, Any]) -> Iterator[str]:
    for one in protocol["targets"]:
        chance = f"{one['probability']:.1%} ({one['low']:.1%} to {one['high']:.1%})"
        yield f"  {one['name']}: {chance} have {limits_of(one)}"


def _comparison(pair: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield f"{pair['second']} against {pair['first']}, the same people"
    for one in pair["differences"]:
        if one["measure"].split("/")[-1] in ("peak", "exposure", "total_mg"):
            ratio = f"x {one['ratio']:.2f} in the median, " if "ratio" in one else ""
            yield f"  {_named(one):<38}{ratio}more in {one['more']:.0%}, less in {one['less']:.0%}"
    for one in pair["targets"]:
        yield (
            f"  {one['name']}: both {one['both']:,}, only {pair['first']} {one['first_only']:,}, "
            f"only {pair['second']} {one['second_only']:,}, neither {one['neither']:,}"
        )


def _drivers(answer: Mapping[str, Any]) -> Iterator[str]:
    if not any(one["factors"] for one in answer["sensitivity"]):
        return
    yield ""
    yield "What drives the spread (share of the variance of ranks)"
    for one in answer["sensitivity"]:
        shares = ", ".join(f"{factor['factor']} {factor['share']:.0%}" for factor in one["factors"][:4])
        model = f"{one['model']}, " if len(answer["models"]) > 1 else ""
        yield f"  {model}{one['protocol']} {one['measure'].replace('/', ' ')}: {shares or 'nothing varies'}"
