"""What the clinic's decisions rest on, for whoever wants to check it."""

import re
from itertools import groupby
from typing import Any, get_args

from django.http import Http404, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from norket.desk.page import Asked, clinic_id, show
from norket.knowledge import Entry, KnowledgeBase, KnowledgeError
from norket.knowledge.criteria import STAGES
from norket.knowledge.entry import Certainty, Kind
from norket.knowledge.manual import CERTAINTY, Chosen, document
from norket.knowledge.parts import STEP, Part, parts, said
from norket.knowledge.seeds import facts, homes
from norket.knowledge.spoken import name_of
from norket.record.plan import queries
from norket.record.session.queries import base

CODE = re.compile(r"[0-9]+-[0-9]|[0-9]{4}-[0-9]{2}-[0-9]{2}|SEED-[0-9]+-[0-9]+")  # of LOINC, a day, a founding fact
FILTERS = (
    ("kind", _("Kind"), get_args(Kind)),
    ("stage", _("Stage"), STAGES),
    ("certainty", _("Certainty"), get_args(Certainty)),
    ("signed", _("Clinic policy"), ("signed", "unsigned")),
)


@require_safe
def entries(request: Asked) -> HttpResponse:
    """Every entry by topic, or those in which all words of the search stand, narrowed by what they are."""
    wanted = request.GET.get("q", "").strip()
    words = wanted.lower().split()
    asked = {name: request.GET.get(name, "") for name, _title, _known in FILTERS}
    chosen = _chosen(asked)
    in_force = queries.policy_signed(clinic_id(request))
    found = [
        one
        for one in base().entries
        if chosen.takes(one)
        and _standing_asked(one, asked["signed"], in_force)
        and all(word in _text(base(), one) for word in words)
    ]
    topics = [
        {"name": _topic(name), "entries": [{"entry": one, "title": _title(one)} for one in own]}
        for name, own in groupby(found, key=lambda one: base().files[one.id])
    ]
    return show(
        request,
        "norket/knowledge/entries.html",
        {
            "topics": topics,
            "wanted": wanted,
            "in_force": in_force,
            "filters": [
                {"name": name, "title": title, "known": known, "asked": asked[name]} for name, title, known in FILTERS
            ],
            "count": len(found),
            "whole": len(base().entries),
            "edition": base().edition,
        },
    )


@require_safe
def entry(request: Asked, entry_id: str) -> HttpResponse:
    """One entry: what it says, its figures, who says so, how sure that is, and the examples that pin it."""
    try:
        found = base().entry(entry_id)
    except KnowledgeError as error:
        raise Http404 from error
    texts = {fact.id: fact.text for fact in facts()}
    return show(
        request,
        "norket/knowledge/entry.html",
        {
            "entry": document(found, base()),
            "title": _title(found),
            "parts": [_part(each) for each in parts(found, base())],
            "in_force": queries.policy_signed(clinic_id(request)),
            "cases": [
                {"name": case.name, "expect": said(case.expect, base()), "given": said(case.given, base())}
                for case in found.cases
            ],
            "topic": _topic(base().files[entry_id]),
            "certainty": CERTAINTY[found.certainty],
            "seeds": [(seed, texts[seed]) for seed in found.seeds],
        },
    )


@require_safe
def founding_facts(request: Asked) -> HttpResponse:
    """Every fact that the project began with, and the entries that take it up."""
    found = homes(base())
    titles = {one.id: _title(one) for one in base().entries}
    topics = [
        {
            "name": name,
            "rows": [{"fact": fact, "homes": [(home, titles[home]) for home in found[fact.id]]} for fact in own],
        }
        for name, own in groupby(sorted(facts(), key=lambda fact: fact.topic), key=lambda fact: fact.topic)
    ]
    lost = sum(not entries for entries in found.values())
    return show(request, "norket/knowledge/facts.html", {"topics": topics, "count": len(found), "lost": lost})


def _chosen(asked: dict[str, str]) -> Chosen:
    """What the list is narrowed to; a word that no entry could have narrows nothing."""
    known = {name: asked[name] for name, _title, words in FILTERS if asked[name] in words}
    return Chosen(known.get("kind"), known.get("stage"), known.get("certainty"))


def _standing_asked(one: Entry, asked: str, in_force: bool) -> bool:
    """Whether an entry stands as asked: policy that this clinic has signed, or policy that waits for it."""
    if asked not in ("signed", "unsigned"):
        return True
    return one.policy is not None and (in_force or one.signed_by is not None) is (asked == "signed")


def _part(part: Part) -> dict[str, Any]:
    """A part as the page lays it out: a table where it has heads, else names with what they are, or lines by depth."""
    shape = "table" if part.heads else "lines" if all(len(row) == 1 for row in part.rows) else "pairs"
    rows = [[_cell(cell) for cell in row] for row in part.rows]
    return {"title": part.title, "heads": part.heads, "shape": shape, "rows": rows}


def _cell(text: str) -> dict[str, Any]:
    """The text of a cell, how deep it stands in a criterion, the entry that it names if it is an id, and whether it is
    a code that stays in one line."""
    return {
        "text": text.replace(STEP, ""),
        "depth": text.count(STEP),
        "entry": text if text in base().files else "",
        "code": bool(CODE.fullmatch(text)),
    }


def _title(one: Entry) -> str:
    """What people call it; its id where it has no name."""
    return name_of(base(), one.id)


def _topic(file: str) -> str:
    return file.removesuffix(".yaml").replace("/", ": ").replace("_", " ").capitalize()


def _text(of: KnowledgeBase, one: Entry) -> str:
    """What a search looks into."""
    sources = (of.reference(source.key).citation for source in one.sources)
    label = (str(one.data.get(name, "")) for name in ("code", "label", "row", "title"))
    return " ".join([one.id, one.statement, *label, *sources, *one.seeds]).lower()
