"""What the clinic's decisions rest on, for whoever wants to check it."""

from itertools import groupby

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from norket.desk.page import Asked, show
from norket.knowledge import Entry, KnowledgeBase, KnowledgeError
from norket.knowledge.manual import CERTAINTY, document
from norket.knowledge.seeds import facts, homes
from norket.record.session.queries import base


@require_safe
def entries(request: Asked) -> HttpResponse:
    """Every entry by topic, or those in which all words of the search stand."""
    wanted = request.GET.get("q", "").strip()
    words = wanted.lower().split()
    found = [one for one in base().entries if all(word in _text(base(), one) for word in words)]
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
            "data": list(found.data.items()),
            "topic": _topic(base().files[entry_id]),
            "certainty": CERTAINTY[found.certainty],
            "seeds": [(seed, texts[seed]) for seed in found.seeds],
        },
    )


@require_safe
def founding_facts(request: Asked) -> HttpResponse:
    """Every fact that the project began with, and the entries that take it up."""
    found = homes(base())
    topics = [
        {"name": name, "rows": [{"fact": fact, "homes": found[fact.id]} for fact in own]}
        for name, own in groupby(sorted(facts(), key=lambda fact: fact.topic), key=lambda fact: fact.topic)
    ]
    lost = sum(not entries for entries in found.values())
    return show(request, "norket/knowledge/facts.html", {"topics": topics, "count": len(found), "lost": lost})


def _title(one: Entry) -> str:
    """What people call it; its id where it has no name."""
    return str(one.data.get("label") or one.data.get("title") or one.id)


def _topic(file: str) -> str:
    return file.removesuffix(".yaml").replace("/", ": ").replace("_", " ").capitalize()


def _text(of: KnowledgeBase, one: Entry) -> str:
    """What a search looks into."""
    sources = (of.reference(source.key).citation for source in one.sources)
    label = (str(one.data.get(name, "")) for name in ("code", "label", "row", "title"))
    return " ".join([one.id, one.statement, *label, *sources, *one.seeds]).lower()
