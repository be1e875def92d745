"""From findings to cards: in one line what to do, then why, by which figure, how certain that is, what would resolve
it, and who may decide otherwise."""

import re
from collections.abc import Iterable
from typing import Any, Literal
from uuid import NAMESPACE_URL, uuid5

from norket.exchange.cds.asked import Question
from norket.exchange.cds.draft import Draft
from norket.exchange.cds.judged import Judged
from norket.knowledge import KnowledgeBase
from norket.knowledge.criteria import Rule, rule_of
from norket.knowledge.entry import Entry, Reference
from norket.therapy.finding import Action, Finding
from norket.therapy.screening.screen import Screening

Indicator = Literal["critical", "warning", "info"]
LONGEST_SUMMARY = 139  # the standard asks for fewer than 140
INDICATOR: dict[Action, Indicator] = {
    "BLOCK-HARD": "critical",
    "BLOCK": "critical",
    "HOLD": "warning",
    "WARN": "warning",
    "TASK": "info",
    "INFO": "info",
}
FIRST_WORDS: dict[Action, str] = {
    "BLOCK-HARD": "No ketamine",
    "BLOCK": "Blocked",
    "HOLD": "Hold",
    "WARN": "Take care",
    "TASK": "To do",
    "INFO": "Note",
}
OVERRIDABLE = frozenset({"BLOCK", "HOLD"})
CERTAINTY = {
    "A": "A, read in the primary source",
    "B": "B, read in an abstract or a label",
    "C": "C, read in a secondary source",
    "D": "D, a proposal of this project",
    "M": "M, from memory",
}
MARKUP = re.compile(r"[\\`*\[\]|~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|^[#+>=-]")
NUMBERED = re.compile(r"^([0-9]{1,9})(?=[.)])")
# An address in a record may lead anywhere; a reader of Markdown would make a link of it by itself.
ADDRESS = re.compile(r"(?<=:)/(?=/)|@|(?<=www)\.", re.IGNORECASE)
MOST_LINKS = 3
TASK_REASONS = (
    ("will-be-done", "They will be done before ketamine is given"),
    ("done-elsewhere", "They were done and are recorded elsewhere"),
)
UNKNOWN_REASONS = (
    ("will-be-answered", "It will be answered before ketamine is given"),
    ("known-elsewhere", "It is known and recorded elsewhere"),
)
REASONS = frozenset({"seen", "resolved", "overridden", *(code for code, _ in (*TASK_REASONS, *UNKNOWN_REASONS))})


class Deck:
    """The cards of one answer. `origin` is the address of this installation; the uuid of a card follows from the call
    and the rule, so that feedback about it can be understood without keeping anything of the patient."""

    def __init__(self, question: Question, base: KnowledgeBase, origin: str) -> None:
        self.question = question
        self.base = base
        self.origin = origin.rstrip("/")
        self.cards: list[dict[str, Any]] = []

    def screened(self, screening: Screening, about: str = "") -> None:
        """A card for each finding that objects, one for all that is to be done, one for all that is not known, one on
        what the answer rests on: few enough to be read."""
        fires = [finding for finding in screening.findings if finding.state == "fires"]
        for finding in fires:
            if finding.action != "TASK":
                self._finding(finding, about)
        if tasks := [finding for finding in fires if finding.action == "TASK"]:
            self._tasks(tasks, about)
        unknown = [finding for finding in screening.findings if finding.state == "unknown"]
        if unknown:
            self._unknown(unknown, about)
        self._grounds(screening, about)

    def order(self, draft: Draft, judged: Judged | None) -> None:
        """What was read of a draft order, and what the dose library says of it."""
        if draft.ketamine is None:
            why = f"{draft.unread or 'it names no medicine'}. If it is ketamine, it was not screened."
            self._add(draft.name, "info", "Nobody can tell whether this order is ketamine", plain(why))
            return
        if judged is None:
            return
        indicator: Indicator = {"above_ceiling": "critical", "inside": "info"}.get(judged.said, "warning")  # type: ignore[assignment]
        summary = {
            "inside": "Dose inside the usual range",
            "unusual": "Dose outside the usual range: a written reason is needed",
            "above_cap": "Dose above the cap: a second signer is needed",
            "above_ceiling": "Dose above the ceiling: nobody may order it",
            "not_judged": "The dose of this order cannot be judged",
        }[judged.said]
        why = f"{judged.why} {draft.unread}".strip()
        rows = [f"- **Row:** {plain(row)}, edition {self.base.edition[:12]}" for row in judged.rows]
        self._add(draft.name, indicator, f"{summary} ({draft.text or draft.name})", "\n".join([plain(why), "", *rows]))

    def _finding(self, finding: Finding, about: str) -> None:
        entry = self.base.entry(finding.rule)
        rule = rule_of(entry)
        self._add(
            f"{finding.rule} {about}",
            INDICATOR[finding.action],
            f"{FIRST_WORDS[finding.action]}: {rule.label}",
            _detail(finding, entry, rule, self.base),
            entry=entry,
            rule=rule,
            reasons=self._reasons(finding, rule),
        )

    def _tasks(self, findings: list[Finding], about: str) -> None:
        lines = []
        for finding in findings:
            entry = self.base.entry(finding.rule)
            lines += [f"**{plain(rule_of(entry).label)}**", "", _detail(finding, entry, rule_of(entry), self.base), ""]
        summary = f"{FIRST_WORDS['TASK']}: {len(findings)} tests or steps are due before ketamine"
        reasons = [self._coding(*reason) for reason in TASK_REASONS]
        self._add(f"tasks {about}", INDICATOR["TASK"], summary, "\n".join(lines).rstrip(), reasons=reasons)

    def _unknown(self, findings: list[Finding], about: str) -> None:
        holding = [finding for finding in findings if finding.action not in {"WARN", "TASK", "INFO"}]
        lines = [f"Not known is never taken for no. These {len(findings)} points are open:", ""]
        for finding in findings:
            rule = rule_of(self.base.entry(finding.rule))
            way = f" *{plain(finding.resolves_by)}*" if finding.resolves_by else ""
            lines.append(f"- **{plain(rule.label)}** ({finding.action}): {plain(finding.why)}{way}")
        number = f"{len(holding)} of them hold" if holding else "none of them holds"
        summary = f"{len(findings)} points are not known; {number} the treatment until answered"
        reasons = [self._coding(*reason) for reason in UNKNOWN_REASONS]
        self._add(f"unknown {about}", "warning" if holding else "info", summary, "\n".join(lines), reasons=reasons)

    def _grounds(self, screening: Screening, about: str) -> None:
        """What the answer rests on: what was not sent, what did not read, what no rule knows."""
        question = self.question
        lines = [f"Screened for {screening.on} with knowledge edition {screening.edition[:12]}."]
        for title, found in (
            ("Not sent, so unknown", question.not_sent),
            ("Not read", [f"{one.resource}: {one.why}" for one in question.not_read]),
            ("Known to no rule", screening.not_classified),
        ):
            lines += ["", f"**{title}:**", "", *(f"- {plain(one)}" for one in found)] if found else []
        missing = f"; {len(question.not_sent)} parts were not sent" if question.not_sent else ""
        unread = len(question.not_read) + len(screening.not_classified)
        summary = f"What this answer rests on{missing}" + (f"; {unread} items play no part in it" if unread else "")
        self._add(f"grounds {about}", "info", summary, "\n".join(lines))

    def _add(
        self,
        about: str,
        indicator: Indicator,
        summary: str,
        detail: str,
        *,
        entry: Entry | None = None,
        rule: Rule | None = None,
        reasons: Iterable[dict[str, str]] = (),
    ) -> None:
        card: dict[str, Any] = {
            "uuid": str(uuid5(NAMESPACE_URL, f"{self.question.instance} {self.question.service} {about}")),
            "summary": _short(summary),
            "indicator": indicator,
            "detail": detail,
            "source": self._source(entry, rule),
        }
        if listed := list(reasons):
            card["overrideReasons"] = listed
        if links := self._links(entry):
            card["links"] = links
        self.cards.append(card)

    def _source(self, entry: Entry | None, rule: Rule | None) -> dict[str, Any]:
        if entry is None or rule is None:
            return {"label": "Norket, ketamine screening", "url": f"{self.origin}/"}
        read = [self.base.reference(source.key) for source in entry.sources]
        doi = next((one.doi for one in read if one.doi), "")
        cited = f": {read[0].citation}" if read else ""
        return {
            "label": _short(f"Norket {rule.code}{cited}"),
            "url": f"https://doi.org/{doi}" if doi else f"{self.origin}/knowledge/{entry.id}/",
            "topic": {"system": self._system("rules"), "code": entry.id, "display": rule.label},
        }

    def _links(self, entry: Entry | None) -> list[dict[str, str]]:
        """The sources of a rule that can be opened by anybody, the first few."""
        read = [self.base.reference(source.key) for source in entry.sources] if entry else []
        cited = {f"https://doi.org/{one.doi}": _short(one.citation) for one in read if one.doi}
        links = [{"label": label, "url": url, "type": "absolute"} for url, label in cited.items()]
        return links[:MOST_LINKS]

    def _reasons(self, finding: Finding, rule: Rule) -> list[dict[str, str]]:
        """Why somebody may go on: the rule's own way out, and the override that it allows to named people."""
        if finding.action == "BLOCK-HARD":
            return []
        if finding.action not in OVERRIDABLE:
            return [self._coding("seen", "Seen and taken into account")]
        reasons = [self._coding("resolved", _short(f"Resolved: {rule.resolves_by}"))]
        if rule.overridden_by:
            second = f", together with: {' or '.join(rule.second_signer)}" if rule.second_signer else ""
            who = " or ".join(rule.overridden_by)
            reasons.append(
                self._coding("overridden", _short(f"Decided otherwise for a written reason by: {who}{second}"))
            )
        return reasons

    def _coding(self, code: str, display: str) -> dict[str, str]:
        return {"system": self._system("override-reasons"), "code": code, "display": display}

    def _system(self, name: str) -> str:
        return f"{self.origin}/cds-services/{name}"


def _detail(finding: Finding, entry: Entry, rule: Rule, base: KnowledgeBase) -> str:
    if finding.action == "BLOCK-HARD" or not rule.overridden_by:
        decides = "nobody" if finding.action in {"BLOCK-HARD", "BLOCK", "HOLD"} else ""
    else:
        second = f", together with {' or '.join(rule.second_signer)}" if rule.second_signer else ""
        decides = f"{' or '.join(rule.overridden_by)}{second}"
    unsigned = "; clinic policy, which a medical director signs" if entry.policy and not entry.signed_by else ""
    facts = (
        ("Figure", finding.figure),
        ("Certainty", CERTAINTY[entry.certainty] + unsigned),
        ("Resolved by", finding.resolves_by),
        ("May decide otherwise", decides),
        ("Rule", f"{rule.code} ({entry.id}), edition {finding.edition[:12]}"),
    )
    lines = [plain(finding.why), "", *(f"- **{name}:** {plain(text)}" for name, text in facts if text)]
    cited = [_cited(base.reference(key)) for key in finding.sources]
    return "\n".join([*lines, *(f"- **Source:** {one}" for one in cited)])


def _cited(reference: Reference) -> str:
    link = f" https://doi.org/{reference.doi}" if reference.doi else ""
    return f"{plain(reference.citation)}{link}"


def plain(text: str) -> str:
    """Words of a record as words: nothing in them is markup where the card is shown."""
    escaped = NUMBERED.sub(r"\1\\", MARKUP.sub(lambda found: "\\" + found[0], _flat(text)))
    harmless = escaped.replace("&", "&amp;").replace("<", "&lt;")
    return ADDRESS.sub(lambda found: f"&#{ord(found[0])};", harmless)


def _flat(text: str) -> str:
    """One line, without what cannot be seen."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _short(text: str) -> str:
    flat = _flat(text)
    return flat if len(flat) <= LONGEST_SUMMARY else flat[: LONGEST_SUMMARY - 1].rstrip() + "…"
