"""The answer as one page: no scripts, nothing fetched, light or dark as the reader's machine is, fit to print."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from norket.lab.svg import band_chart, days_drawn, interval_chart
from norket.lab.text import ends, limits_of, named, outside, percentile_names, points, solved

SHOWN = ("peak", "area", "exposure", "hours_over", "total_mg", "sessions", "sessions_stopped")
TOP_FACTORS = 4
BODY = {"weight_kg": "weight, kg", "age_y": "age, years", "height_cm": "height, cm"}
# Numbers this large are shown without decimals.
WHOLE_FROM = 1e4
STYLE = """
:root{--ink:#1b2430;--soft:#5a6675;--page:#fff;--panel:#f5f7f9;--rule:#d9dfe5;--c0:#0b63a5;--c1:#b3480a;
--c2:#1c7c54;--c3:#8a2f7d;--c4:#7a6a00;--c5:#3c5a73;--c6:#a3203a;--c7:#5b4bb5}
@media(prefers-color-scheme:dark){:root{--ink:#e8edf2;--soft:#a5b1bf;--page:#12171d;--panel:#1a2129;
--rule:#323d49;--c0:#63b3f2;--c1:#f39a5b;--c2:#5fcf9c;--c3:#dd8fd1;--c4:#d8c54f;--c5:#9dbad3;--c6:#f0808f;
--c7:#a99df0}
}
*{box-sizing:border-box}
body{margin:0 auto;max-width:920px;padding:28px 20px 60px;background:var(--page);color:var(--ink);
font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 .3rem}
h2{font-size:1.15rem;margin:2.2rem 0 .5rem}
h3{font-size:1rem;margin:1.2rem 0 .2rem}
.lead{color:var(--soft);margin:0 0 1rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;min-width:560px;font-size:.88rem;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:4px 8px;border-bottom:1px solid var(--rule)}
th:first-child,td:first-child{text-align:left}
th{color:var(--soft);font-weight:600}
caption{text-align:left;color:var(--soft);padding:4px 0}
svg{width:100%;min-width:680px;height:auto;background:var(--panel);border-radius:6px;margin:.3rem 0}
svg text{fill:var(--ink);font:12px system-ui,sans-serif}
svg .note{fill:var(--soft);paint-order:stroke;stroke:var(--panel);stroke-width:3px}
.grid{stroke:var(--rule)}
.whisker{stroke:var(--ink);stroke-width:3}
.level{stroke:var(--soft);stroke-dasharray:2 4}
.line{fill:none;stroke-width:2}
.line.c1{stroke-dasharray:7 3}
.line.c2{stroke-dasharray:2 3}
.line.c3{stroke-dasharray:9 3 2 3}
.band{opacity:.22;stroke:none}
.key{display:inline-block;width:.9em;height:.9em;border-radius:2px;margin:0 .35em -.1em 1em}
ul{padding-left:1.2rem}
li{margin:.15rem 0}
.tried{list-style:none;padding-left:0}
.tried .key{margin-left:0}
small,.small{font-size:.85rem;color:var(--soft)}
a{color:var(--c0)}
@media print{body{max-width:none}
section{break-inside:avoid}
}
"""


def report_html(answer: Mapping[str, Any]) -> str:
    """The whole page."""
    colours = "".join(
        f".band.c{n},.bar.c{n},.key.c{n}{{fill:var(--c{n})}}.key.c{n}{{background:var(--c{n})}}.line.c{n}{{stroke:var(--c{n})}}"
        for n in range(8)
    )
    head = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(answer['title'])}</title><style>{STYLE}{colours}</style>"
    )
    return head + "<body><main>" + "".join(_sections(answer)) + "</main></body></html>\n"


def _sections(answer: Mapping[str, Any]) -> Iterator[str]:
    with_ = f", with {', '.join(answer['interactions'])}" if answer["interactions"] else ""
    models = ", ".join(answer["models"])
    yield f"<h1>{escape(answer['title'])}</h1><p class=lead>{escape(answer['question'])}</p>"
    yield f"<p>{answer['patients']:,} virtual patients ({escape(models)}{escape(with_)}), seed {answer['seed']}.</p>"
    yield "<p class=small>A simulation from published models. It is no order and no advice for any one patient.</p>"
    yield _protocols(answer)
    if answer["protocols"][0]["targets"]:
        yield _targets(answer)
    for output in answer["outputs"]:
        low, middle, high = ends(answer)
        band = f"Band: {low[1:]} to {high[1:]} % of the patients; line: {middle[1:]} %.{_days_of(answer)}"
        yield f"<section><h2>{escape(_title(output))}</h2>{_legend(answer)}<p class=small>{band}</p>"
        yield band_chart(answer, output) + "</section>"
    yield from (_measures(answer, one) for one in answer["protocols"])
    yield from (_comparison(answer, one) for one in answer["comparisons"])
    yield _drivers(answer)
    yield _background(answer)


def _title(output: Mapping[str, Any]) -> str:
    unit = "" if output["unit"] == "1" else f", {output['unit']}"
    return f"{output['title'][:1].upper()}{output['title'][1:]}{unit}"


def _days_of(answer: Mapping[str, Any]) -> str:
    days, drawn = {start for one in answer["protocols"] for start in one["sessions_min"]}, days_drawn(answer)
    return "" if len(drawn) == len(days) else f" Drawn are {len(drawn)} of {len(days)} days; result.json has them all."


def _legend(answer: Mapping[str, Any]) -> str:
    keys = (f'<span class="key c{n}"></span>{escape(one["title"])}' for n, one in enumerate(answer["protocols"]))
    return f"<p class=small>{''.join(keys)}</p>"


def _protocols(answer: Mapping[str, Any]) -> str:
    items = []
    for number, one in enumerate(answer["protocols"]):
        said = "; ".join(f"{', '.join(each['doses'])} on {_days(each['days'])}" for each in one["doses"])
        said = "; ".join([said, *one["on_the_way"]])
        items.append(f'<li><span class="key c{number}"></span><b>{escape(one["title"])}</b>: {escape(said)}.</li>')
    return f"<h2>What is tried</h2><ul class=tried>{''.join(items)}</ul>"


def _days(days: Sequence[float]) -> str:
    shown = ", ".join(f"{day:g}" for day in days)
    return f"day{'s' if len(days) > 1 else ''} {shown}"


def _targets(answer: Mapping[str, Any]) -> str:
    first = answer["protocols"][0]
    against = {
        (pair["second"], one["name"]): points(one)
        for pair in answer["comparisons"]
        if pair["first"] == first["name"]
        for one in pair["targets"]
    }
    rows, parts = [], []
    for number, target in enumerate(first["targets"]):
        for colour, protocol in enumerate(answer["protocols"]):
            own = protocol["targets"][number]
            label = _said(f"{target['name']}: {protocol['name']}")
            rows.append({**{key: own[key] for key in ("low", "high")}, "label": label, "colour": colour})
            rows[-1]["value"] = own["probability"]
            parts.append(
                {
                    "Target": label,
                    "Asked": limits_of(answer, own),
                    "Attained (95 % interval)": f"{own['probability']:.1%} ({own['low']:.1%} to {own['high']:.1%})",
                    f"Against {first['name']}": against.get((protocol["name"], target["name"]), ""),
                    "By model": "; ".join(f"{name} {part:.1%}" for name, part in own["by_model"].items()),
                }
            )
    shown = [name for name in parts[0] if any(part[name] for part in parts)]
    note = (
        "The intervals are those of the draw of patients (Wilson; Bonett and Price for the difference in the same "
        "people); they hold no doubt about the models."
    )
    chart = interval_chart(rows, "Chance of each target under each protocol")
    table = _table(shown, [[part[name] for name in shown] for part in parts])
    asked = "".join(f"<li>{escape(_said(one['name']))}: {escape(one['source'])}</li>" for one in first["targets"])
    below = f"<p class=small>{note}</p><p class=small>On whose word:</p><ul class=small>{asked}</ul>"
    return f"<section><h2>Who attains what</h2>{chart}{table}{below}</section>"


def _said(name: str) -> str:
    return name.replace("_", " ")


def _measures(answer: Mapping[str, Any], protocol: Mapping[str, Any]) -> str:
    names = percentile_names(answer)
    rows = [
        [named(answer, row), *(_number(row[name]) for name in ("mean", "sd", *names))]
        for row in protocol["measures"]
        if _shown(row)
    ]
    table = _table(["", "mean", "SD", *(f"{name[1:]} %" for name in names)], rows)
    return f"<section><h2>Per patient: {escape(protocol['title'])}</h2>{table}</section>"


def _shown(row: Mapping[str, Any]) -> bool:
    what = row["measure"].split("/")[-1]
    return what in SHOWN and (what != "sessions_stopped" or row["mean"] != 0)


def _comparison(answer: Mapping[str, Any], pair: Mapping[str, Any]) -> str:
    names = percentile_names(answer)
    rows = [
        [
            named(answer, one),
            *(_number(one[name]) for name in ("mean", *names)),
            f"{one['ratio']:.3f}" if "ratio" in one and one["unit"] else "",
            f"{one['more']:.1%}",
            f"{one['less']:.1%}",
        ]
        for one in pair["differences"]
        if _shown(one)
    ]
    head = [f"{pair['second']} minus {pair['first']}", "mean", *(f"{name[1:]} %" for name in names)]
    text = _table([*head, "median ratio", "more in", "less in"], rows)
    if pair["targets"]:
        counts = [
            [
                _said(one["name"]),
                *(f"{one[name]:,}" for name in ("both", "first_only", "second_only", "neither")),
                points(one),
            ]
            for one in pair["targets"]
        ]
        who = ["both", f"only {pair['first']}", f"only {pair['second']}", "neither", "difference (95 % interval)"]
        text += _table(["Target attained by", *who], counts)
    note = "Each patient is their own control: mean and percentiles of the difference in everybody."
    title = f"The same people: {pair['second']} against {pair['first']}"
    return f"<section><h2>{escape(title)}</h2><p class=small>{note}</p>{text}</section>"


def _drivers(answer: Mapping[str, Any]) -> str:
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for one in answer["sensitivity"]:
        if one["factors"]:
            groups.setdefault((one["model"], one["measure"]), []).append(one)
    if not groups:
        return ""
    parts = []
    for (model, measure), group in groups.items():
        what = named(answer, {"measure": measure, "unit": ""})
        said = f"{what}, {model}" if len(answer["models"]) > 1 else what
        known = ", ".join(f"{one['explained']:.0%} under {one['protocol']}" for one in group)
        title = f"<h3>{escape(said)} <small>(explained: {escape(known)})</small></h3>"
        parts.append(title + interval_chart(list(_shares(answer, group)), f"What drives {said}"))
    note = (
        "Share of the variance of ranks that goes with each factor, in the colours of the protocols. “random V1” is "
        "what the model leaves to chance in its parameter V1."
    )
    head = f"<h2>What drives the spread</h2>{_legend(answer)}<p class=small>{note}</p>"
    return f"<section>{head}</section>{''.join(f'<section>{part}</section>' for part in parts)}"


def _shares(answer: Mapping[str, Any], group: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """A bar for each protocol of each factor that leads under any of them."""
    leading = dict.fromkeys(each["factor"] for one in group for each in one["factors"][:TOP_FACTORS])
    for factor in leading:
        for number, one in enumerate(group):
            share = next((each["share"] for each in one["factors"] if each["factor"] == factor), 0.0)
            label = factor.replace("_", " ") if number == 0 else ""
            yield {"label": label, "value": max(share, 0.0), "colour": _colour(answer, one["protocol"])}


def _colour(answer: Mapping[str, Any], name: str) -> int:
    return [one["name"] for one in answer["protocols"]].index(name)


def _people(answer: Mapping[str, Any]) -> str:
    names = percentile_names(answer)
    rows = [
        [BODY[name], *(_number(one[key]) for key in ("mean", "sd", *names))]
        for name, one in answer["people"].items()
        if name in BODY
    ]
    women = f"<p>{answer['people']['female']['mean']:.1%} are women.</p>"
    head = ["", "mean", "SD", *(f"{name[1:]} %" for name in names)]
    return f"<section><h2>Who they are</h2>{_table(head, rows)}{women}</section>"


def _background(answer: Mapping[str, Any]) -> str:
    stated = "".join(f"<li>{escape(one['what'])}: {escape(one['source'])}</li>" for one in answer["stated"])
    warned = "".join(f"<li>{escape(one)}</li>" for one in (*outside(answer), *answer["warnings"]))
    cited = "".join(f"<li>{escape(one['citation'])}</li>" for one in answer["sources"])
    shown = answer["versions"] | {"edition": answer["versions"]["edition"][:12]}
    versions = ", ".join(f"{escape(name)} {escape(value)}" for name, value in shown.items())
    return (
        f"{_people(answer)}"
        f"<h2>Read with this in mind</h2><ul>{warned}</ul>"
        f"<h2>What the scenario states, and on whose word</h2><ul>{stated}</ul>"
        f"<h2>Sources of models and effects</h2><ul>{cited}</ul>"
        f"<h2>To have it again</h2><ul><li>Scenario {answer['scenario_hash'][:16]}, seed {answer['seed']}, "
        f"{answer['patients']:,} patients: the same numbers for any number of workers.</li>"
        f"<li>{versions}</li><li>{escape(solved(answer))}</li></ul>"
    )


def _number(value: float) -> str:
    return f"{value:,.4g}" if abs(value) < WHOLE_FROM else f"{value:,.0f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th scope=col>{escape(one)}</th>" for one in head)
    body = "".join(f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows)
    return f"<div class=scroll><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
