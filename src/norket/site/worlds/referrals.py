"""Referrals of made-up clinics: sent as people send them, through the real actions."""

from datetime import date, datetime

from norket.record.people.models import Clinic
from norket.record.referral import actions
from norket.record.session.queries import base
from norket.site.worlds.makers import must
from norket.therapy.referral.risk import risk
from norket.therapy.referral.shapes import Answered, Referral, Referrer, Someone
from norket.therapy.referral.words import parts

HEARD = "questions.suicidal_thoughts"


def send(
    clinic: Clinic,
    person: Someone,
    at: datetime,
    *,
    yes: tuple[str, ...] = (),
    reason: str = "",
    medicines: str = "",
    message: str = "",
    referrer: Referrer | None = None,
) -> None:
    """A referral in which `yes` are answered yes and all other questions no."""
    asked = [one.id for part in parts(base()) for one in part.questions]
    answers = tuple(Answered(question=one, status="yes" if one in yes else "no") for one in asked)
    origin = "referrer" if referrer else "self-check"
    heard = risk(base(), {one.question: one.status for one in answers}, (reason, medicines, message))
    sent = Referral(
        origin=origin,
        person=person,
        referrer=referrer,
        reason=reason,
        answers=answers,
        medicines=medicines,
        message=message,
        risk=heard,
        edition=base().edition,
    )
    must(actions.receive(clinic, sent, by=origin, now=at, command_id=f"{clinic.pk}-{person.name}"))


def person(given: str, family: str, born: date, sex: str, contact: str) -> Someone:
    """Somebody who is referred."""
    return Someone.model_validate(
        {"given_name": given, "family_name": family, "birth_date": born, "sex": sex, "contact": contact}
    )
