"""The rescue templates of the demo clinic: made up so that the page can be tried, and labelled as a simulation."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from norket.record.people.models import Clinic, Person
from norket.record.plan import rescues
from norket.record.register import actions as register
from norket.site.worlds.makers import must
from norket.therapy.plan.rescue_signing import Filled
from norket.therapy.register.ledger import RegisterLine

LOT, AMPOULES_MG = "MDZ-0917", 50.0
# Template, medicine, route, least, most, unit, interval (min), most in 24 h.
MADE_UP: tuple[tuple[str, str, str, float, float, str, float, float], ...] = (
    ("benzodiazepine", "midazolam", "iv", 0.5, 2.0, "mg", 5.0, 4.0),
    ("antiemetic", "ondansetron", "iv", 4.0, 8.0, "mg", 240.0, 16.0),
    ("antihypertensive", "labetalol", "iv", 5.0, 20.0, "mg", 10.0, 60.0),
    ("reversal", "flumazenil", "iv", 0.1, 0.3, "mg", 1.0, 1.0),
    ("anaphylaxis", "adrenaline", "im", 0.3, 0.5, "mg", 5.0, 2.0),
)


def plant(staff: Mapping[str, Person], clinic: Clinic, now: datetime) -> None:
    """Signs them as the director, and receives one lot of the controlled one."""
    for template, agent, route, least, most, unit, interval_min, max_total in MADE_UP:
        filled = Filled(
            template=f"rescue.template_{template}",
            agent=agent,
            route=route,
            least=least,
            most=most,
            unit=unit,
            interval_min=interval_min,
            max_total=max_total,
        )
        must(rescues.sign(staff["director"], filled, now=now - timedelta(days=20), simulation=True))
    at = now - timedelta(days=19)
    line = RegisterLine(
        kind="received",
        product_id="midazolam",
        lot=LOT,
        amount_mg=AMPOULES_MG,
        by=str(staff["pharmacist"].pk),
        witness=str(staff["nurse"].pk),
        at=at,
    )
    must(register.record(clinic.pk, line, by=staff["pharmacist"].actor, now=at))
