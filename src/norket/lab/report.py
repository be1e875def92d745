"""The answer as one page: no scripts, nothing fetched, light or dark as the reader's machine is, fit to print."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from norket.lab.svg import band_chart, interval_chart
from norket.lab.text import limits_of, percentile_names, solved

SHOWN = ("peak", "area", "exposure", "hours_over", "total_mg", "sessions", "sessions_stopped")
TOP_FACTORS = 6
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
table{border-collapse:collapse;width:100%;font-size:.88rem;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:4px 8px;border-bottom:1px solid var(--rule)}
th:first-child,td:first-child{text-align:left}
th{color:var(--soft);font-weight:600}
caption{text-align:left;color:var(--soft);padding:4px 0}
svg{width:100%;height:auto;background:var(--panel);border-radius:6px;margin:.3rem 0}
svg text{fill:var(--ink);font:12px system-ui,sans-serif}
svg .note{fill:var(--soft)}
.grid{stroke:var(--rule)}
.whisker{stroke:var(--ink);stroke-width:3}
.line{fill:none;stroke-width:2}
.band{opacity:.22;stroke:none}
.key{display:inline-block;width:.9em;height:.9em;border-radius:2px;margin:0 .35em -.1em 1em}
ul{padding-left:1.2rem}
li{margin:.15rem 0}
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
        names = percentile_names(answer)
        band = f"from percentile {names[0][1:]} to {names[-1][1:]} of the patients; line: {names[len(names) // 2][1:]}"
        yield f"<section><h2>{escape(output['title'])}</h2>{_legend(answer)}<p class=small>Band: {band}.</p>"
        yield band_chart(answer, output) + "</section>"
    yield from (_measures(answer, one) for one in answer["protocols"])
    yield from (_comparison(one) for one in answer["comparisons"])
    yield _drivers(answer)
    yield _background(answer)


def _legend(answer: Mapping[str, Any]) -> str:
    keys = (f'<span class="key c{n}"></span>{escape(one["title"])}' for n, one in enumerate(answer["protocols"]))
    return f"<p class=small>{''.join(keys)}</p>"


def _protocols(answer: Mapping[str, Any]) -> str:
    items = []
    for number, one in enumerate(answer["protocols"]):
        said = "; ".join(f"{', '.join(each['doses'])} on {_days(each['days'])}" for each in one["doses"])
        items.append(f'<li><span class="key c{number}"></span><b>{escape(one["title"])}</b>: {escape(said)}</li>')
    return f"<h2>What is tried</h2><ul>{''.join(items)}</ul>"


def _days(days: Sequence[float]) -> str:
    shown = ", ".join(f"{day:g}" for day in days)
    return f"day{'s' if len(days) > 1 else ''} {shown}"


def _targets(answer: Mapping[str, Any]) -> str:
    rows, parts = [], []
    for number, target in enumerate(answer["protocols"][0]["targets"]):
        for colour, protocol in enumerate(answer["protocols"]):
            own = protocol["targets"][number]
            rows.append(
                {
                    "label": f"{target['name']}: {protocol['name']}".replace("_", " "),
                    "value": own["probability"],
                    "low": own["low"],
                    "high": own["high"],
                    "colour": colour,
                }
            )
            by_model = "; ".join(f"{name} {part:.1%}" for name, part in own["by_model"].items())
            interval = f"{own['probability']:.1%} ({own['low']:.1%} to {own['high']:.1%})"
            parts.append(
                [
                    f"{target['name']}, {protocol['name']}".replace("_", " "),
                    limits_of(own),
                    interval,
                    by_model,
                    own["source"],
                ]
            )
    head = ["Target", "Asked", "Attained (95 % interval)", "By model", "Source"]
    if not any(part[3] for part in parts):
        head.pop(3)
        for part in parts:
            part.pop(3)
    note = "The interval is that of the draw of patients (Wilson); it holds no doubt about the models."
    chart = interval_chart(rows, "Chance of each target under each protocol")
    return f"<section><h2>Who attains what</h2>{chart}{_table(head, parts)}<p class=small>{note}</p></section>"


def _measures(answer: Mapping[str, Any], protocol: Mapping[str, Any]) -> str:
    names = percentile_names(answer)
    rows = [
        [_named(row), *(_number(row[name]) for name in ("mean", "sd", *names))]
        for row in protocol["measures"]
        if row["measure"].split("/")[-1] in SHOWN
    ]
    table = _table(["", "mean", "SD", *(f"{name[1:]} %" for name in names)], rows)
    return f"<section><h2>Per patient: {escape(protocol['title'])}</h2>{table}</section>"


def _comparison(pair: Mapping[str, Any]) -> str:
    rows = [
        [
            _named(one),
            _number(one["mean"]),
            f"{one['ratio']:.3f}" if "ratio" in one else "",
            f"{one['more']:.1%}",
            f"{one['less']:.1%}",
        ]
        for one in pair["differences"]
        if one["measure"].split("/")[-1] in SHOWN
    ]
    head = [f"{pair['second']} minus {pair['first']}", "mean difference", "median ratio", "more in", "less in"]
    text = _table(head, rows)
    if pair["targets"]:
        counts = [
            [one["name"], *(f"{one[name]:,}" for name in ("both", "first_only", "second_only", "neither"))]
            for one in pair["targets"]
        ]
        text += _table(
            ["Target attained by", "both", f"only {pair['first']}", f"only {pair['second']}", "neither"], counts
        )
    return f"<section><h2>The same people under both</h2>{text}</section>"


def _drivers(answer: Mapping[str, Any]) -> str:
    parts = []
    for one in answer["sensitivity"]:
        if not one["factors"]:
            continue
        rows = [
            {
                "label": each["factor"].replace("_", " "),
                "value": max(each["share"], 0.0),
                "colour": _colour(answer, one["protocol"]),
            }
            for each in one["factors"][:TOP_FACTORS]
        ]
        said = f"{one['protocol']}, {one['measure'].replace('/', ' ')}, {one['model']}"
        parts.append(
            f"<h3>{escape(said)} <small>({one['explained']:.0%} explained)</small></h3>{interval_chart(rows, said)}"
        )
    if not parts:
        return ""
    note = "Share of the variance of ranks that goes with each factor. “Random”: what the model leaves to chance."
    return f"<section><h2>What drives the spread</h2><p class=small>{note}</p>{''.join(parts)}</section>"


def _colour(answer: Mapping[str, Any], name: str) -> int:
    return [one["name"] for one in answer["protocols"]].index(name)


def _background(answer: Mapping[str, Any]) -> str:
    stated = "".join(f"<li>{escape(one['what'])}: {escape(one['source'])}</li>" for one in answer["stated"])
    warned = "".join(f"<li>{escape(one)}</li>" for one in answer["warnings"])
    cited = "".join(f"<li>{escape(one['citation'])}</li>" for one in answer["sources"])
    shown = answer["versions"] | {"edition": answer["versions"]["edition"][:12]}
    versions = ", ".join(f"{escape(name)} {escape(value)}" for name, value in shown.items())
    people = _table(
        ["People", "mean", "SD"],
        [[name, _number(one["mean"]), _number(one["sd"])] for name, one in answer["people"].items()],
    )
    how = f"<li>{escape(solved(answer))}</li>"
    return (
        f"<section><h2>Who they are</h2>{people}</section>"
        f"<h2>What the scenario states, and on whose word</h2><ul>{stated}</ul>"
        f"<h2>Read with this in mind</h2><ul>{warned}</ul>"
        f"<h2>Sources of models and effects</h2><ul>{cited}</ul>"
        f"<h2>To have it again</h2><ul><li>Scenario {answer['scenario_hash'][:16]}, seed {answer['seed']}, "
        f"{answer['patients']:,} patients: the same numbers for any number of workers.</li>"
        f"<li>{versions}</li>{how}</ul>"
    )


def _named(row: Mapping[str, Any]) -> str:
    return f"{row['measure'].replace('/', ' ').replace('_', ' ')}" + (f" ({row['unit']})" if row["unit"] else "")


def _number(value: float) -> str:
    return f"{value:,.4g}" if abs(value) < WHOLE_FROM else f"{value:,.0f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th scope=col>{escape(one)}</th>" for one in head)
    body = "".join(f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows)
    return f"<div class=scroll><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
