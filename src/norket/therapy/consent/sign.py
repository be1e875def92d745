"""Signing: who, how, in what state, having read what. A signature that cannot be known to be sound is refused."""

from datetime import date, datetime
from hashlib import sha256
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_serializer

from norket.knowledge import KnowledgeBase
from norket.therapy.chart import Status
from norket.therapy.cite import finding
from norket.therapy.consent.document import Document
from norket.therapy.consent.scope import Scope
from norket.therapy.finding import Finding, Refused, State

Way = Literal["typed", "paper_scan", "mark", "verbal"]
Who = Literal["professional", "telephone", "video", "bilingual_staff", "escort", "child", "family"]
AGAINST: dict[Status, State] = {"yes": "fires", "no": "clear", "unknown": "unknown"}
FOR: dict[Status, State] = {"yes": "clear", "no": "fires", "unknown": "unknown"}


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Interpreter(_Frozen):
    """Whether an interpreter is needed, and who interpreted."""

    needed: Status = "unknown"
    by: Who | None = None
    name: str = ""


class Capacity(_Frozen):
    """What a clinician found: whether the patient understands, retains, weighs and communicates this decision.

    `by` is the clinician. `note` says how it was checked, where a prescribed sedative is taken.
    """

    understands: Status = "unknown"
    retains: Status = "unknown"
    weighs: Status = "unknown"
    communicates: Status = "unknown"
    by: str = ""
    note: str = ""

    @property
    def status(self) -> Status:
        """Capacity is there when all four are; one that is not there settles it, whatever else is not known."""
        parts = (self.understands, self.retains, self.weighs, self.communicates)
        if "no" in parts:
            return "no"
        return "unknown" if "unknown" in parts else "yes"


class Signing(_Frozen):
    """What is recorded when a patient signs.

    `sha256` is the hash of the text as it stood on the page, `acknowledged` the topics ticked one by one, `teach_back`
    whether the patient said in own words what was agreed. `sedative_given` means by the clinic on this day;
    `above_usual_dose` means more of a prescribed sedative than the patient's usual. A stable prescribed sedative
    (`stable_sedative`) asks for the clinician's note of how capacity was checked.
    """

    sha256: str
    way: Way
    signed_name: str
    identifiers: tuple[str, str]
    witness: str
    acknowledged: frozenset[str]
    teach_back: Status = "unknown"
    capacity: Capacity = Capacity()
    sedative_given: Status = "unknown"
    intoxicated: Status = "unknown"
    above_usual_dose: Status = "unknown"
    stable_sedative: Status = "unknown"
    interpreter: Interpreter = Interpreter()

    @field_serializer("acknowledged", when_used="json")
    def _in_order(self, acknowledged: frozenset[str]) -> list[str]:
        """The same set is written the same way in every process."""
        return sorted(acknowledged)


class Consent(_Frozen):
    """A signed consent, with the exact text and what was known at the time."""

    scope: Scope
    version: str
    sha256: str
    text: str
    edition: str
    risk_text: float
    signing: Signing
    signed_at: AwareDatetime
    findings: tuple[Finding, ...] = Field(default=())

    @property
    def is_exact(self) -> bool:
        """Whether the text is the one whose hash was signed, to the last letter."""
        return sha256(self.text.encode()).hexdigest() == self.sha256 == self.signing.sha256


def sign(
    document: Document, signing: Signing, *, base: KnowledgeBase, now: datetime, not_before: date | None = None
) -> Consent | Refused:
    """The consent, or why it is not taken. `now` is an aware time in the clinic's own offset.

    `not_before` is the first day allowed after a void consent. Refused with every finding that is not clear: the text
    on the page is another one, a topic is not acknowledged, capacity or teach-back are missing, a sedative was given
    before, intoxication, more than the usual dose, an escort or child as interpreter, no witness. What is not known is
    refused too; it is asked, then signed.
    """
    if signing.sha256 != document.sha256:
        return Refused(code="another_text", why="The text has changed since it was read. Read the new one, then sign.")
    if not signing.signed_name.strip() or not all(each.strip() for each in signing.identifiers):
        return Refused(code="not_identified", why="Give the name that signs and two identifiers.")
    if len({each.strip() for each in signing.identifiers}) < len(signing.identifiers):
        return Refused(code="not_identified", why="The two identifiers are the same; give a second one.")
    if not signing.witness.strip():
        return Refused(code="witness_missing", why="Somebody of the staff witnesses this signature. Name them.")
    if not_before is not None and now.date() < not_before:
        return Refused(code="too_early", why=f"The consent before was void. It is asked again from {not_before} on.")
    found = tuple(_findings(document, signing, base))
    against = tuple(each for each in found if each.state != "clear")
    if against:
        return Refused(code="consent_not_sound", why="; ".join(each.why for each in against), findings=against)
    return Consent(
        scope=document.scope,
        version=document.version,
        sha256=document.sha256,
        text=document.text,
        edition=document.edition,
        risk_text=document.risk_text,
        signing=signing,
        signed_at=now,
        findings=found,
    )


def _findings(document: Document, signing: Signing, base: KnowledgeBase) -> list[Finding]:
    words = "off_label" in document.topics
    left = sorted(set(document.topics) - signing.acknowledged)
    return [
        finding(base, "consent.con_02", off_label_state(document.label, words), "Off-label words in the text."),
        finding(base, "consent.con_03", topics_state(left), f"Topics not acknowledged: {', '.join(left) or 'none'}."),
        finding(base, "consent.con_06", medicines_state(left), "The topic on all medicines was gone through."),
        *state_of_mind(signing, base),
        *_understood(signing, base),
    ]


def off_label_state(label: str, words: bool) -> State:
    """Whether the off-label words are there where they belong; an approval that is not known needs them too."""
    if words or label == "on":
        return "clear"
    return "fires" if label == "off" else "unknown"


def topics_state(left: list[str]) -> State:
    """Fires while a topic is left out."""
    return "fires" if left else "clear"


def medicines_state(left: list[str]) -> State:
    """Fires while the topic on medicines is left out."""
    return "fires" if "medicines" in left else "clear"


def state_of_mind(signing: Signing, base: KnowledgeBase) -> list[Finding]:
    """Whether this signature is a free and sound decision: capacity, sedatives, intoxication, the dose of one's own."""
    rule = "consent.con_04"
    found = [
        finding(base, rule, FOR[signing.capacity.status], f"Capacity: {signing.capacity.status}."),
        finding(
            base, rule, AGAINST[signing.sedative_given], f"Sedative given by the clinic: {signing.sedative_given}."
        ),
        finding(base, rule, AGAINST[signing.intoxicated], f"Intoxicated: {signing.intoxicated}."),
        finding(base, rule, AGAINST[signing.above_usual_dose], f"Above the usual dose: {signing.above_usual_dose}."),
    ]
    if signing.capacity.status == "yes" and not signing.capacity.by.strip():
        found.append(finding(base, rule, "unknown", "Who looked at capacity is not recorded."))
    if signing.stable_sedative != "no" and not signing.capacity.note.strip():
        why = "A prescribed sedative is taken, or may be: write how capacity was checked."
        found.append(finding(base, rule, "unknown", why))
    return found


def _understood(signing: Signing, base: KnowledgeBase) -> list[Finding]:
    rule = "consent.con_04"
    return [
        finding(base, rule, FOR[signing.teach_back], f"Said in own words: {signing.teach_back}."),
        finding(base, rule, interpreter_state(signing.interpreter, base), "Interpreter for the consent."),
    ]


def interpreter_state(interpreter: Interpreter, base: KnowledgeBase) -> State:
    """Fires for an escort, a child or family as interpreter, also where none was thought to be needed."""
    if interpreter.by in base.entry("consent.con_04").data["never_interpreters"]:
        return "fires"
    if interpreter.needed == "yes" and (interpreter.by is None or not interpreter.name.strip()):
        return "unknown"
    return "unknown" if interpreter.needed == "unknown" else "clear"
