"""What beside the limits stands against a dose: the start of the row, the age, the strength of what is drawn."""

from datetime import date
from typing import Literal

from norket.knowledge import Entry, KnowledgeBase, KnowledgeError
from norket.therapy.cite import finding
from norket.therapy.finding import Action, Finding
from norket.therapy.plan.library import Verdict, is_older, start_of

State = Literal["fires", "clear", "unknown"]
SAID: dict[Verdict, tuple[State, Action, str]] = {
    "ok": ("clear", "WARN", "Inside the usual range of the row."),
    "needs_reason": ("fires", "WARN", "Outside the usual range of the row."),
    "needs_second": ("fires", "BLOCK", "Above the cap of the row: a second signer with a reason is needed."),
    "never": ("fires", "BLOCK-HARD", "Above the ceiling of the row: nobody may order it."),
    "unknown": ("unknown", "BLOCK-HARD", "A limit of the row is missing or is not a number, so it cannot be ordered."),
}
DRAWN = ("iv", "im", "sc")
VIALS = ("products.ketamine_10", "products.ketamine_50", "products.ketamine_100")


def of_limits(base: KnowledgeBase, entry: Entry, verdict: Verdict, figures: dict[str, float]) -> Finding:
    """What the limits of the row say, as a finding."""
    state, action, why = SAID[verdict]
    return finding(base, entry.id, state, why, action=action, inputs=dict(figures))


def first_dose_state(
    base: KnowledgeBase,
    row: str,
    mg_kg: float,
    *,
    frail: bool,
    age_y: float | None,
    on: date,
    amount_mg: float | None = None,
) -> State:
    """Whether a first dose is above the row's start, or the lower start of a frail or older person; in mg/kg, or in mg
    (`amount_mg`) where the row starts with an amount."""
    if age_y is None:
        return "unknown"
    start, unit = start_of(base, row, on, older=is_older(base, row, on, frail=frail, age_y=age_y))
    dose = mg_kg if unit == "mg/kg" else amount_mg
    if dose is None:
        return "unknown"
    return "fires" if dose > start else "clear"


def first_dose(
    base: KnowledgeBase,
    entry: Entry,
    figures: dict[str, float],
    *,
    frail: bool,
    age_y: float,
    on: date,
    first: bool | None,
) -> Finding:
    """The start of the row, for a first dose; `first` None: not known, so it is shown and does not decide."""
    rule = "doses.first_dose"
    if first is False:
        return finding(base, rule, "clear", "Not the first dose.", action="WARN")
    mg_kg, amount_mg = figures["mg_kg"], figures["mg"]
    try:
        state = first_dose_state(base, entry.id, mg_kg, frail=frail, age_y=age_y, on=on, amount_mg=amount_mg)
        _, unit = start_of(base, entry.id, on)
    except KnowledgeError as error:
        return finding(base, rule, "unknown", f"The start of the row cannot be read: {error}", action="BLOCK-HARD")
    if state == "clear":
        return finding(base, rule, "clear", "Not above the start of the row.", action="WARN")
    dose = mg_kg if unit == "mg/kg" else amount_mg
    why = f"{dose:g} {unit} is above the start of the row for a first dose."
    return finding(base, rule, state if first else "unknown", why, action="WARN")


def duration_state(base: KnowledgeBase, row: str, duration_min: float | None, on: date) -> State:
    """Whether an infusion is shorter or longer than the row usually runs; a dose at once has no duration."""
    if duration_min is None:
        return "clear"
    usual = base.figure(row, "duration_min", on=on)
    low, high = (usual.value if end is None else end for end in (usual.low, usual.high))
    return "clear" if low <= duration_min <= high else "fires"


def duration(base: KnowledgeBase, row: str, duration_min: float, on: date) -> Finding:
    """The duration of an infusion, as a finding."""
    rule, usual = "doses.duration", base.figure(row, "duration_min", on=on)
    low, high = (usual.value if end is None else end for end in (usual.low, usual.high))
    why = f"{duration_min:g} min; the row runs {low:g} to {high:g} min."
    return finding(base, rule, duration_state(base, row, duration_min, on), why)


def age_state(base: KnowledgeBase, age_y: float | None, on: date) -> State:
    """Whether the patient is of the age for which the rows were made."""
    if age_y is None:
        return "unknown"
    return "clear" if age_y >= base.figure("plausibility.age", "least_a", on=on).value else "fires"


def age(base: KnowledgeBase, age_y: float, on: date) -> Finding:
    """The age, as a finding."""
    why = f"{age_y:g} years old; the rows are for adults."
    return finding(base, "plausibility.age", age_state(base, age_y, on), why, action="BLOCK-HARD")


def strength_state(base: KnowledgeBase, concentration_mg_ml: float, route: str, on: date) -> State:
    """Whether what is drawn is stronger than the label allows by vein, or than any vial by the other routes."""
    return "fires" if concentration_mg_ml > _strongest(base, route, on) else "clear"


def _strongest(base: KnowledgeBase, route: str, on: date) -> float:
    if route == "iv":
        return base.figure("products.ketamine_100", "max_iv_mg_ml", on=on).value
    return max(base.figure(vial, "concentration_mg_ml", on=on).value for vial in VIALS)


def strength(base: KnowledgeBase, concentration_mg_ml: float, route: str, on: date) -> Finding:
    """The strength of what is drawn, as a finding."""
    state, most = strength_state(base, concentration_mg_ml, route, on), _strongest(base, route, on)
    how = "by vein" if route == "iv" else "drawn undiluted"
    why = f"{concentration_mg_ml:g} mg/mL {how}; at most {most:g} mg/mL."
    return finding(base, "products.ketamine_100", state, why, action="BLOCK-HARD")
