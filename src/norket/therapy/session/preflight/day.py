"""The questions of the day: sober, medicines as before, suicide asked again, sugar, interpreter, the attempts at a
cannula, and what is offered to somebody who is sick easily."""

from datetime import datetime
from typing import Literal

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import finding, number
from norket.therapy.finding import Finding
from norket.therapy.session.preflight.answers import answered, label
from norket.therapy.session.preflight.today import Today
from norket.therapy.session.state import SessionState


def sober(state: SessionState, base: KnowledgeBase) -> Finding:
    """Somebody who was found intoxicated or sedated today comes back on another day; a slip of the finger is corrected,
    not answered again."""
    rule, given = "preflight.sober", state.preflight.get("sober_today")
    if given is not None and given.was_no:
        return finding(base, rule, "fires", f"{label(base, rule)}: was answered no today.")
    return answered(state, base, rule, "sober_today")


def suicide(state: SessionState, base: KnowledgeBase) -> Finding:
    """A positive screen is settled by a prescriber who has seen the patient, never by asking again."""
    rule, given = "preflight.suicide_screen", state.preflight.get("suicide_screen")
    if given is not None and given.answer == "yes" and given.was_no:
        return finding(base, rule, "fires", f"{label(base, rule)}: was positive today; a prescriber answers it.")
    return answered(state, base, rule, "suicide_screen")


def glucose_state(
    lowers: str, answer: str | None, glucose_mmol_l: float | None, now: datetime, base: KnowledgeBase
) -> Literal["fires", "clear", "unknown"]:
    """Where insulin or a sulfonylurea is taken a value decides; where it is not known, that it is not needed may be
    answered; where none is taken, nothing is asked."""
    if lowers == "no":
        return "clear"
    if glucose_mmol_l is not None:
        return "fires" if glucose_mmol_l < number(base, "preflight.glucose", "least_mmol_l", now) else "clear"
    if answer == "no":
        return "fires"
    return "clear" if answer == "yes" and lowers == "unknown" else "unknown"


def glucose(state: SessionState, now: datetime, base: KnowledgeBase, today: Today) -> Finding:
    rule, given = "preflight.glucose", state.preflight.get("glucose_checked")
    value = given.glucose_mmol_l if given else None
    verdict = glucose_state(today.lowers_glucose, given.answer if given else None, value, now, base)
    told = {
        "yes": "Insulin or a sulfonylurea is taken: glucose is ",
        "no": "No insulin and no sulfonylurea is on the list; glucose is ",
        "unknown": "Insulin or sulfonylurea not known: glucose is ",
    }[today.lowers_glucose]
    measured = f"{value:g} mmol/L" if value is not None else "not needed" if verdict == "clear" else "not measured"
    return finding(base, rule, verdict, f"{told}{measured}.", inputs={"glucose_mmol_l": value})


def interpreter(state: SessionState, base: KnowledgeBase, today: Today) -> Finding:
    """Asked of everybody of whom it is not known that they need none."""
    rule = "preflight.interpreter"
    if today.interpreter == "no" and "interpreter" not in state.preflight:
        return finding(base, rule, "clear", "Interpreter: none was needed for the consent.")
    return answered(state, base, rule, "interpreter")


def access_state(placed: bool, most_failed: int, now: datetime, base: KnowledgeBase) -> Literal["fires", "clear"]:
    """Whether one person has failed as often as the policy lets them try, while no cannula is in."""
    return "fires" if not placed and most_failed >= number(base, "preflight.access", "attempts_each", now) else "clear"


def access(state: SessionState, now: datetime, base: KnowledgeBase) -> Finding:
    failed = [one.access.tried_by for one in state.access if one.access.outcome == "failed"]
    given, most = state.preflight.get("cannula_in"), max((failed.count(who) for who in failed), default=0)
    verdict = access_state(given is not None and given.answer == "yes", most, now, base)
    why = f"Cannula: {len(failed)} attempts failed, {most} of them of one person."
    return finding(base, "preflight.access", verdict, why, inputs={"failed": len(failed), "most_of_one": most})


def offers(state: SessionState, base: KnowledgeBase, today: Today) -> tuple[Finding, ...]:
    """What is offered and holds nothing: the toilet, and something against nausea to whom it came before."""
    found = [answered(state, base, "preflight.toilet", "toilet_offered")]
    if today.nausea_prone:
        found.append(answered(state, base, "preflight.antiemetic", "antiemetic_offered"))
    return tuple(found)
