"""An update as plain text for a terminal: what was learned, from what, and how far it can be trusted."""

from norket.pharmacology.individual.parameters import Parameter
from norket.pharmacology.individual.posterior import Posterior
from norket.pharmacology.individual.taught import Taught

PERCENT = 100.0
# Less learned than this is shown as nothing.
SHOWN = 0.005


def update_text(posterior: Posterior) -> str:
    """Warnings first; then parameters before and after, what each observation taught, the sampler, and sources."""
    lines = [_heading(posterior), ""]
    if posterior.warnings:
        lines += ["Warnings", *(f"  - {text}" for text in posterior.warnings), ""]
    lines += _parameters(posterior)
    if posterior.taught:
        lines += ["", *_taught(posterior)]
    lines += ["", _sampler(posterior)]
    lines += ["", "Sources", *(f"  - {source.citation} [{source.key}]" for source in posterior.sources)]
    lines += ["", f"Knowledge {posterior.edition[:12]}, seed {posterior.seed}."]
    return "\n".join([*lines, "Advice to be checked by a clinician; not a medical device."])


def _heading(posterior: Posterior) -> str:
    doses = "; ".join(one.text or f"{one.drug} {one.amount_mg:g} mg {one.route}" for one in posterior.doses)
    return f"{doses}: {_counted(posterior)}, read by {' and '.join(posterior.models)}"


def _counted(posterior: Posterior) -> str:
    count = len(posterior.observations)
    return f"{count} observation" if count == 1 else f"{count} observations"


def _parameters(posterior: Posterior) -> list[str]:
    wide = max(len(_named(one)) for one in posterior.parameters)
    heads = f"{'typical':>10}{'mode':>10}   {'median (5th-95th)':<28}{'SD before':>9} {'after':>7} {'learned':>8}"
    lines = [f"{'parameter':<{wide}}  {heads}"]
    for one in posterior.parameters:
        band = f"{_shown(one.p50)} ({_shown(one.p5)}-{_shown(one.p95)})"
        spread = f"{one.prior_sd:9.3f} {one.posterior_sd:7.3f} {_percent(one.learned):>8}"
        lines.append(f"{_named(one):<{wide}}  {_shown(one.typical):>10}{_shown(one.mode):>10}   {band:<28}{spread}")
    return [*lines, "SD is of the random effect; learned is the part of its variance that went away."]


def _named(one: Parameter) -> str:
    unit = "" if one.unit in ("", "1") else f", {one.unit}"
    return f"{one.of} {one.label}{unit}"


def _shown(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"  # noqa: PLR2004 -- no exponents in a table


def _percent(part: float) -> str:
    return f"{PERCENT * part:.0f} %" if part >= SHOWN else "0 %"


def _taught(posterior: Posterior) -> list[str]:
    wide = max(len("observation"), *(len(one.observation) for one in posterior.taught))
    lines = [f"{'observation':<{wide}}  {'at the mode':>11} {'bits':>6} {'lost without':>13} {'fits':>7}   taught most"]
    for one in posterior.taught:
        chance = one.chance
        most = _most(posterior, one)
        lines.append(
            f"{one.observation:<{wide}}  {_shown(one.predicted):>11} {one.bits:6.2f} {one.bits_lost:13.2f} "
            f"{_chance(chance):>7}   {most}"
        )
    return [
        *lines,
        f"{'together':<{wide}}  {'':>11} {posterior.bits:6.2f}",
        "A bit halves what is possible. In the order of time; lost: by leaving this one out. Fits: the chance of a",
        "value as far off, the smaller of two: before anything was measured, and given the other observations.",
    ]


def _most(posterior: Posterior, one: Taught) -> str:
    """The parameter whose spread would grow most without this observation."""
    grown = [without / whole for without, whole in zip(one.sd_without, one.sd_with, strict=True)]
    best = max(range(len(grown)), key=grown.__getitem__)
    return posterior.parameters[best].label


def _chance(chance: float) -> str:
    return f"{chance:.2f}" if chance >= 0.01 else f"{chance:.0e}"  # noqa: PLR2004 -- two digits shown


def _sampler(posterior: Posterior) -> str:
    if posterior.method == "prior":
        return "Nothing was observed: this is the prior."
    part = _percent(posterior.effective_fraction)
    how = "importance sampling" if posterior.method == "importance" else "tempered sequential Monte Carlo"
    return f"{len(posterior.weights):,} draws by {how}, worth {posterior.effective:,.0f} independent ones ({part})."
