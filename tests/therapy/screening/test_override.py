"""Going on against a finding: who may, with whom, why, and what nobody may."""

from datetime import date
from typing import Any

import pytest
from support.charts import ASKED, BASE, answers, found, healthy, measured, own

from norket.knowledge.criteria import is_rule, rule_of
from norket.therapy.actor import Actor
from norket.therapy.finding import Finding, Refused
from norket.therapy.screening import Clinician, Context, Override, clinician, override

INPATIENT = Context(route="iv", setting="inpatient", drug="ketamine", indication="trd", first_session=True, day_of=True)
PIA = clinician(Actor(id="pia", name="Pia Prescriber", roles=frozenset({"prescriber"})))
NORA = clinician(Actor(id="nora", name="Nora Nurse", roles=frozenset({"nurse"})))
HEART = Clinician(id=None, name="Carl Cardiologist", competences=frozenset({"cardiologist"}))
WHY = "Benefit outweighs the risk; seen together today."


def recent_infarct(context: Context = INPATIENT) -> Finding:
    chart = healthy(conditions=(own("conditions.major_cv_event", onset=date(2027, 2, 20)),))
    return found("screening.scr_05", chart, context=context)


def decided(finding: Finding, **changes: Any) -> Override | Refused:
    usual: dict[str, Any] = {"by": PIA, "reason": WHY, "second": HEART, "second_reason": "Agreed by telephone."}
    return override(finding, base=BASE, now=ASKED, **(usual | changes))


def code(answer: Override | Refused) -> str:
    assert isinstance(answer, Refused)
    return answer.code


def test_the_named_role_and_the_named_specialist_go_on_together() -> None:
    answer = decided(recent_infarct())
    assert isinstance(answer, Override)
    assert (answer.by, answer.reason, answer.at) == ("pia", WHY, ASKED)
    assert answer.second == HEART
    assert answer.finding.rule == "screening.scr_05"


def test_an_anaesthetist_who_signs_in_is_a_second_person_too() -> None:
    ana = clinician(Actor(id="ana", name="Ana", roles=frozenset({"anaesthetist"})))
    assert isinstance(decided(recent_infarct(), second=ana), Override)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"by": NORA}, "override_not_yours"),
        ({"by": HEART}, "override_not_yours"),
        ({"reason": ""}, "reason_missing"),
        ({"reason": " … 123 "}, "reason_missing"),
        ({"second": None}, "second_needed"),
        ({"second": NORA}, "second_lacks_competence"),
        ({"second": PIA}, "second_is_the_same"),
        ({"second": PIA.model_copy(update={"competences": frozenset({"cardiologist"})})}, "second_is_the_same"),
        ({"second": HEART.model_copy(update={"name": " pia  PRESCRIBER "})}, "second_is_the_same"),
        ({"second": HEART.model_copy(update={"name": " "})}, "second_is_the_same"),
        ({"second_reason": ""}, "reason_missing"),
    ],
)
def test_each_thing_that_is_missing_is_refused_by_its_name(changes: dict[str, Any], expected: str) -> None:
    assert code(decided(recent_infarct(), **changes)) == expected


def test_nobody_goes_on_against_a_hard_block() -> None:
    outside = recent_infarct(Context(setting="outpatient"))
    assert outside.action == "BLOCK-HARD"
    assert code(decided(outside)) == "block_hard"
    everything = Clinician(id="x", name="X", competences=frozenset({"prescriber", "cardiologist", "medical director"}))
    assert code(decided(outside, by=everything)) == "block_hard"


def test_what_is_not_known_is_answered_and_not_overridden() -> None:
    unknown = found("screening.scr_05", healthy(answers=answers(cv_event=None)), context=INPATIENT)
    assert unknown.state == "unknown"
    assert code(decided(unknown)) == "not_known"


def test_what_only_holds_may_be_decided_without_the_answer() -> None:
    waived = found("screening.scr_19_enzymes", healthy(observations=()))
    assert (waived.state, waived.action) == ("unknown", "HOLD")
    assert isinstance(decided(waived, second=None), Override)
    assert code(decided(waived, by=NORA)) == "override_not_yours"


def test_open_questions_and_a_missing_pregnancy_test_are_waived_by_nobody() -> None:
    for rule, chart in (
        ("screening.scr_29", healthy(answers=())),
        ("screening.scr_17_test", healthy(observations=())),
    ):
        assert code(decided(found(rule, chart))) == "override_not_yours"


def test_there_is_nothing_to_override_in_what_is_clear_or_only_informs() -> None:
    assert code(decided(found("screening.scr_05", healthy()))) == "nothing_to_override"
    task = found("screening.scr_25", healthy(observations=measured(phq9_item9=2.0)))
    assert code(decided(task)) == "nothing_to_override"


def test_a_finding_of_another_edition_is_screened_again_first() -> None:
    old = recent_infarct().model_copy(update={"edition": "0" * 64})
    assert code(decided(old)) == "stale_finding"


def test_a_hold_without_a_second_signer_is_the_prescribers_own_decision() -> None:
    hold = found("screening.scr_24", healthy(answers=answers(urinary_symptoms="yes")))
    assert hold.action == "HOLD"
    answer = decided(hold, second=None, second_reason="")
    assert isinstance(answer, Override)
    assert answer.second is None


def test_intoxication_and_age_are_overridden_by_nobody() -> None:
    drunk = found("screening.scr_12", healthy(answers=answers(intoxicated_now="yes")), context=INPATIENT)
    assert code(decided(drunk)) == "override_not_yours"


def test_every_block_that_may_be_overridden_asks_for_two_people() -> None:
    for entry in BASE.entries:
        if is_rule(entry) and rule_of(entry).action == "BLOCK" and rule_of(entry).overridden_by:
            finding = recent_infarct().model_copy(update={"rule": entry.id})
            both = frozenset({*rule_of(entry).overridden_by, *rule_of(entry).second_signer})
            alone = Clinician(id="one", name="One", competences=both)
            assert code(decided(finding, by=alone, second=None)) == "second_needed"
            assert code(decided(finding, by=alone, second=alone)) == "second_is_the_same"
