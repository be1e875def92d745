"""A plan as plain text for a terminal: first what the pump would do, then what that is worth."""

from norket.pharmacology.target.parts import NEVER_AN_ORDER, Binding, WakeUp
from norket.pharmacology.target.result import TargetPlan
from norket.units.quantities import MINUTES_PER_HOUR

# A plan of many steps is told in so many equal spans.
SPANS = 12
PERCENT = 100.0


def plan_text(plan: TargetPlan) -> str:
    """Steps, total, how well they hold, what patients make of them, what fewer changes cost, warnings and sources."""
    lines = [NEVER_AN_ORDER, "", *_aim(plan), "", *_steps(plan), "", *_worth(plan)]
    if plan.trade_offs:
        lines += ["", *_trade_offs(plan)]
    if plan.dose_texts:
        lines += ["", "The same as dose texts", *(f"  {text}" for text in plan.dose_texts)]
    lines += ["", "Limits", *_limits(plan)]
    lines += ["", "Warnings", *(f"  - {text}" for text in plan.warnings)]
    lines += ["", "Sources", *(f"  - {source.citation} [{source.key}]" for source in plan.sources)]
    made = f"seed {plan.prediction.seed}, {plan.prediction.draws} virtual patients"
    lines += ["", f"Knowledge {plan.edition[:12]}, {made}."]
    return "\n".join([*lines, "Advice to be checked by a clinician; not a medical device."])


def _aim(plan: TargetPlan) -> list[str]:
    what = "total ketamine (S + R)" if plan.enantiomer == "S + R" else "S-ketamine"
    who = f"{plan.patient.weight_kg:g} kg, {plan.patient.age_y:g} years, {plan.patient.sex}"
    where = f"{plan.track.site} ({plan.model})"
    return [
        f"Target   {plan.target_ng_ml:g} ng/mL of {what} at: {where}, within {plan.tolerance:.0%}",
        f"         from minute {plan.in_range_by_min:g} to minute {plan.horizon_min:g}, by {plan.drug} iv; {who}",
        *_verdict(plan),
    ]


def _verdict(plan: TargetPlan) -> list[str]:
    if plan.reached and plan.method == "steps":
        held = (
            f"the typical curve never passes the target and is {plan.worst_deviation * PERCENT:.1g}% under it at most"
        )
        return [f"Answer   a rate for each step of a computer-driven pump; {held}"]
    if plan.reached:
        changes = "no rate change" if plan.changes == 0 else f"{plan.changes} rate change{'s'[: plan.changes > 1]}"
        return [f"Answer   {changes}; the typical curve deviates by at most {plan.worst_deviation:.1%}"]
    lines = [
        f"NOT REACHED   no plan within the limits stays within {plan.tolerance:.0%}; the best found deviates by up to "
        f"{plan.worst_deviation:.1%}"
    ]
    return lines + [f"         {_binding(one)}" for one in plan.binding]


def _binding(one: Binding) -> str:
    unit = "" if one.unit == "1" else f" {one.unit}"
    reaches = "reaches the target" if one.alone else "comes nearer"
    return (
        f"binds: {one.limit}, {one.allowed:g}{unit} allowed; a plan without this limit uses {one.needed:.4g}{unit} "
        f"and {reaches} (deviation {one.worst_deviation_without:.1%})"
    )


def _steps(plan: TargetPlan) -> list[str]:
    if plan.method == "steps":
        return _spans(plan)
    in_volume = plan.limits.concentration_mg_ml is not None
    strength = f"   ({plan.limits.concentration_mg_ml:g} mg/mL)" if in_volume else ""
    volume = "rate mL/h  " if in_volume else ""
    lines = [f"   minute     {volume}rate mg/h   for min{strength}"]
    if plan.bolus_mg:
        lines.append(f"{0:9g}     bolus of {plan.bolus_mg:g} mg")
    for step in plan.steps:
        volume = f"{step.rate_ml_h:9g}  " if step.rate_ml_h is not None else ""
        lines.append(f"{step.at_min:9g}     {volume}{step.rate_mg_h:9g} {step.for_min:9g}")
    return [*lines, *_end(plan)]


def _spans(plan: TargetPlan) -> list[str]:
    """What a plan of many steps gives in each of a few spans; the steps themselves are in the document."""
    lines = ["   minute         mg    rate mg/h, lowest to highest"]
    for number in range(SPANS):
        begin, end = (plan.horizon_min * edge / SPANS for edge in (number, number + 1))
        inside = [
            (min(end, step.at_min + step.for_min) - max(begin, step.at_min), step.rate_mg_h) for step in plan.steps
        ]
        inside = [(lasting, rate) for lasting, rate in inside if lasting > 0]
        given = sum(lasting * rate for lasting, rate in inside) / MINUTES_PER_HOUR
        rates = [rate for _, rate in inside]
        lines.append(f"{begin:9g}{given:11.2f}    {min(rates):g} to {max(rates):g}")
    return [*lines, *_end(plan)]


def _end(plan: TargetPlan) -> list[str]:
    return [
        f"{plan.horizon_min:9g}     stop",
        f"    total     {plan.total_mg:.1f} mg, {plan.total_mg / plan.patient.weight_kg:.2f} mg/kg",
    ]


def _worth(plan: TargetPlan) -> list[str]:
    chances, track, times = plan.chances, plan.track, plan.prediction.times_min
    lines = [
        f"Patients like this one   {chances.inside_mean:.0%} inside the range at a random moment; "
        f"{chances.inside_throughout:.0%} all the time; {chances.above_ever:.0%} above it at some time"
    ]
    for when in (plan.in_range_by_min, plan.horizon_min):
        at = int((times <= when).sum()) - 1
        lines.append(
            f"  minute {when:<7g} typical {track.typical[at]:.1f} ng/mL, "
            f"5-95 % {track.p5[at]:.1f} to {track.p95[at]:.1f}"
        )
    return [*lines, _wake_up(plan.wake_up)]


def _wake_up(wake: WakeUp) -> str:
    band = f"{_minutes(wake.p5_min, wake)} to {_minutes(wake.p95_min, wake)}"
    return (
        f"After the stop (minute {wake.stop_min:g})   below {wake.below_ng_ml:g} ng/mL after "
        f"{_minutes(wake.typical_min, wake)} min (typical), 5-95 % {band} min"
    )


def _minutes(value: float | None, wake: WakeUp) -> str:
    return f"more than {wake.looked_min:g}" if value is None else f"{value:.0f}"


def _trade_offs(plan: TargetPlan) -> list[str]:
    lines = ["What changes buy", "  at most    worst deviation    total mg"]
    for one in plan.trade_offs:
        inside = "" if one.worst_deviation <= plan.tolerance else "   outside"
        lines.append(f"{one.changes:9g}{one.worst_deviation:>19.1%}{one.total_mg:12.1f}{inside}")
    return lines


def _limits(plan: TargetPlan) -> list[str]:
    values = plan.limits.as_dict().items()
    return [f"  {name:<24}{value:10g}" for name, value in values if value is not None]
