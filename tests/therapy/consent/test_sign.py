"""Signing a consent: refused whenever it is not known to be a free, sound and understood decision."""

from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norket import knowledge
from norket.knowledge import Case
from norket.therapy.consent import Capacity, Consent, Document, Interpreter, Scope, Signing, document, sign
from norket.therapy.consent.sign import (
    Who,
    interpreter_state,
    medicines_state,
    off_label_state,
    state_of_mind,
    topics_state,
)
from norket.therapy.finding import Refused

BASE = knowledge.read()
NOW = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)
SCOPE = Scope(
    indication="trd",
    drug="ketamine",
    route="iv",
    setting="outpatient",
    jurisdiction="US",
    dose_low=20,
    dose_high=60,
    dose_unit="mg",
)
PAGE: Document = document(BASE, SCOPE, on=date(2027, 3, 1), contact="the clinic", emergency="112")
SOUND: dict[str, Any] = {
    "sha256": PAGE.sha256,
    "way": "typed",
    "signed_name": "Ada Example",
    "identifiers": ("MRN-1", "1980-01-01"),
    "witness": "Nora",
    "acknowledged": frozenset(PAGE.topics),
    "teach_back": "yes",
    "capacity": {"understands": "yes", "retains": "yes", "weighs": "yes", "communicates": "yes", "by": "Pia"},
    "sedative_given": "no",
    "intoxicated": "no",
    "above_usual_dose": "no",
    "stable_sedative": "no",
    "interpreter": Interpreter(needed="no"),
}


def signed(**more: Any) -> Consent | Refused:
    return sign(PAGE, Signing.model_validate(SOUND | more), base=BASE, now=NOW)


def code(**more: Any) -> str:
    answer = signed(**more)
    return answer.code if isinstance(answer, Refused) else "signed"


def test_a_sound_signature_becomes_a_consent_with_the_exact_text() -> None:
    consent = signed()
    assert isinstance(consent, Consent)
    assert (consent.text, consent.sha256, consent.scope) == (PAGE.text, PAGE.sha256, SCOPE)
    assert consent.edition == BASE.edition
    assert all(finding.state == "clear" for finding in consent.findings)
    assert {finding.rule for finding in consent.findings} == {f"consent.con_0{n}" for n in (2, 3, 4, 6)}


@pytest.mark.parametrize("way", ["typed", "paper_scan", "mark", "verbal"])
def test_every_way_of_signing_has_a_witness(way: str) -> None:
    assert code(way=way) == "signed"
    assert code(way=way, witness=" ") == "witness_missing"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"sha256": "0" * 64}, "another_text"),
        ({"signed_name": " "}, "not_identified"),
        ({"identifiers": ("MRN-1", " ")}, "not_identified"),
        ({"identifiers": ("MRN-1", "MRN-1 ")}, "not_identified"),
    ],
)
def test_another_text_or_person_is_refused(change: dict[str, Any], expected: str) -> None:
    assert code(**change) == expected


@pytest.mark.parametrize("topic", PAGE.topics)
def test_every_topic_is_acknowledged_on_its_own(topic: str) -> None:
    answer = signed(acknowledged=frozenset(PAGE.topics) - {topic})
    assert isinstance(answer, Refused)
    assert topic in answer.why


def capacity(**more: str) -> dict[str, Any]:
    return {"capacity": SOUND["capacity"] | more}


ABILITIES = BASE.entry("consent.con_04").data["abilities"]


@pytest.mark.parametrize("ability", ABILITIES)
@pytest.mark.parametrize("status", ["no", "unknown"])
def test_every_part_of_capacity_is_needed_and_unknown_is_not_yes(ability: str, status: str) -> None:
    assert code(**capacity(**{ability: status})) == "consent_not_sound"
    assert set(ABILITIES) == set(Capacity.model_fields) - {"by", "note"}


def test_one_part_of_capacity_that_is_not_there_settles_it() -> None:
    assert Capacity(understands="no").status == "no"
    assert Capacity(understands="yes", retains="yes", weighs="yes").status == "unknown"


@pytest.mark.parametrize("status", ["no", "unknown"])
def test_what_was_agreed_is_said_in_own_words(status: str) -> None:
    assert code(teach_back=status) == "consent_not_sound"


@pytest.mark.parametrize("name", ["sedative_given", "intoxicated", "above_usual_dose"])
@pytest.mark.parametrize("status", ["yes", "unknown"])
def test_a_sedative_intoxication_or_a_dose_above_the_usual_refuse_the_signature(name: str, status: str) -> None:
    assert code(**{name: status}) == "consent_not_sound"


def test_a_stable_prescribed_sedative_asks_for_a_note_on_capacity() -> None:
    assert code(stable_sedative="yes") == "consent_not_sound"
    assert code(stable_sedative="unknown") == "consent_not_sound"
    assert code(stable_sedative="yes", **capacity(note="Explained the plan back, oriented, calm")) == "signed"


def test_who_looked_at_capacity_is_recorded() -> None:
    assert code(**capacity(by="")) == "consent_not_sound"


@pytest.mark.parametrize("by", ["escort", "child", "family"])
@pytest.mark.parametrize("needed", ["yes", "no"])
def test_an_escort_a_child_or_family_never_interprets(by: str, needed: str) -> None:
    assert code(interpreter=Interpreter(needed=needed, by=by, name="Eva")) == "consent_not_sound"


def test_an_interpreter_that_is_needed_is_named() -> None:
    assert code(interpreter=Interpreter(needed="yes", by="telephone")) == "consent_not_sound"
    assert code(interpreter=Interpreter(needed="yes", by="telephone", name="No. 4711")) == "signed"
    assert code(interpreter=Interpreter()) == "consent_not_sound"
    assert interpreter_state(Interpreter(needed="unknown", by="professional", name="I."), BASE) == "unknown"


def test_after_a_void_consent_the_next_is_signed_on_the_next_day_at_the_earliest() -> None:
    signing = Signing.model_validate(SOUND)
    early = sign(PAGE, signing, base=BASE, now=NOW, not_before=date(2027, 3, 2))
    assert isinstance(early, Refused)
    assert early.code == "too_early"
    assert isinstance(sign(PAGE, signing, base=BASE, now=NOW, not_before=date(2027, 3, 1)), Consent)


def states(given: dict[str, Any]) -> str:
    mind = given | capacity(understands=given["capacity"])
    found = [each.state for each in state_of_mind(Signing.model_validate(SOUND | mind), BASE)]
    return "fires" if "fires" in found else "unknown" if "unknown" in found else "clear"


@pytest.mark.parametrize("case", BASE.entry("consent.con_04").cases, ids=lambda case: case.name)
def test_cases_of_a_sound_mind(case: Case) -> None:
    assert states(case.given) == case.expect


@pytest.mark.parametrize("case", BASE.entry("consent.con_02").cases, ids=lambda case: case.name)
def test_cases_of_off_label_words(case: Case) -> None:
    assert off_label_state(**case.given) == case.expect


@pytest.mark.parametrize("case", BASE.entry("consent.con_03").cases, ids=lambda case: case.name)
def test_cases_of_topics(case: Case) -> None:
    assert topics_state(case.given["left_out"]) == case.expect


@pytest.mark.parametrize("case", BASE.entry("consent.con_06").cases, ids=lambda case: case.name)
def test_cases_of_declared_medicines(case: Case) -> None:
    assert medicines_state(case.given["left_out"]) == case.expect


three = st.sampled_from(["yes", "no", "unknown"])


@given(three, three, three, three, three, st.sampled_from([None, "professional", "escort", "child", "family"]))
def test_a_signature_is_taken_only_when_everything_is_known_and_sound(
    weighs: str, teach_back: str, sedative: str, intoxicated: str, above: str, by: str | None
) -> None:
    answer = signed(
        **capacity(weighs=weighs),
        teach_back=teach_back,
        sedative_given=sedative,
        intoxicated=intoxicated,
        above_usual_dose=above,
        interpreter=Interpreter(needed="no", by=by),
    )
    sound = (weighs, teach_back, sedative, intoxicated, above) == ("yes", "yes", "no", "no", "no")
    assert isinstance(answer, Consent) == (sound and by in (None, "professional"))


@given(st.data())
def test_the_hash_changes_with_any_letter_and_the_changed_text_cannot_be_signed(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(PAGE.text) - 1))
    letter = data.draw(st.characters(codec="utf-8").filter(lambda one: one != PAGE.text[place]))
    text = PAGE.text[:place] + letter + PAGE.text[place + 1 :]
    changed = PAGE.model_copy(update={"text": text, "sha256": sha256(text.encode()).hexdigest()})
    assert changed.sha256 != PAGE.sha256
    answer = sign(changed, Signing.model_validate(SOUND), base=BASE, now=NOW)
    assert isinstance(answer, Refused)
    assert answer.code == "another_text"


@given(st.data())
def test_a_kept_consent_knows_whether_its_text_is_the_signed_one(data: st.DataObject) -> None:
    consent = signed()
    assert isinstance(consent, Consent)
    assert consent.is_exact
    place = data.draw(st.integers(0, len(consent.text) - 1))
    without = consent.text[:place] + consent.text[place + 1 :]
    assert not consent.model_copy(update={"text": without}).is_exact


CLOUDS = ("sedative_given", "intoxicated", "above_usual_dose", "stable_sedative")
WHO: list[Any] = [None, *get_args(Who)]
words = st.sampled_from(["", " ", "Ada"])


@given(st.data())
def test_no_signature_is_ever_taken_with_anything_unknown_or_against_it(data: st.DataObject) -> None:
    """Everything that can be recorded, drawn freely; mostly sound, so that single faults are met as often as many."""

    def mostly(good: Any, others: st.SearchStrategy[Any]) -> Any:
        return data.draw(st.one_of(st.just(good), st.just(good), st.just(good), others))

    abilities = {name: mostly("yes", three) for name in ABILITIES}
    clouds = {name: mostly("no", three) for name in CLOUDS}
    note, by, witness, name = (mostly("Pia", words) for _ in range(4))
    by_whom, needed = mostly(None, st.sampled_from(WHO)), mostly("no", three)
    interpreter = Interpreter(needed=needed, by=by_whom, name=mostly("", words))
    ticked = frozenset(mostly(PAGE.topics, st.lists(st.sampled_from(PAGE.topics))))
    teach_back = mostly("yes", three)
    answer = signed(
        capacity={**abilities, "by": by, "note": note},
        **clouds,
        witness=witness,
        signed_name=name,
        interpreter=interpreter,
        acknowledged=ticked,
        teach_back=teach_back,
    )
    settled = needed == "no" or (needed == "yes" and by_whom is not None and bool(interpreter.name.strip()))
    sound = (
        set(abilities.values()) == {"yes"}
        and {clouds[name] for name in CLOUDS[:3]} == {"no"}
        and (clouds["stable_sedative"] == "no" or bool(note.strip()))
        and all(text.strip() for text in (by, witness, name))
        and settled
        and by_whom not in ("escort", "child", "family")
        and ticked == frozenset(PAGE.topics)
        and teach_back == "yes"
    )
    assert isinstance(answer, Consent) == sound
