"""Whoever signs proves who they are: the second signer beside the first one, and the first one where the tablet was in
other hands. With the password, and with the second factor if there is one. Guesses are counted as at the door, and each
failure stands in the audit chain."""

from typing import Any, Literal
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.utils import is_mfa_enabled
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from norket.desk.page import Asked
from norket.record.audit.actions import append
from norket.record.people.models import Person
from norket.record.writer import writing
from norket.therapy.finding import Refused

Who = Literal["second_signer", "oneself"]


def second_signer(request: Asked, patient_id: UUID, data: dict[str, Any]) -> Person | Refused | None:
    """Who signs second; None when nobody was chosen."""
    username = data["second_username"]
    if not username:
        return None
    return _prove(request, patient_id, username, data["second_password"], data["second_code"], who="second_signer")


def oneself(request: Asked, patient_id: UUID, data: dict[str, Any]) -> Person | Refused:
    """The person who is signed in, proven once more: whoever holds the tablet may be somebody else by now."""
    return _prove(request, patient_id, request.holder.username, data["password"], data["code"], who="oneself")


def _prove(
    request: Asked,
    patient_id: UUID,
    username: str,
    password: str,
    code: str,
    *,
    who: Who,
) -> Person | Refused:
    own = who == "oneself"
    try:
        person = get_adapter(request).authenticate(request, username=username, password=password)
    except ValidationError:
        why = _("Too many wrong passwords were given for this name. Nothing was signed; wait five minutes.")
        return _failed(request, patient_id, username, who, "blocked", why)
    # allauth also answers with whoever has left, for a page of its own that says so
    if not isinstance(person, Person) or not person.is_active or person.clinic_id != request.holder.clinic_id:
        why = (
            _("Your password is wrong. Nothing was signed.")
            if own
            else _("The second signer's password is wrong. Nothing was signed.")
        )
        return _failed(request, patient_id, username, who, "unknown", why)
    if is_mfa_enabled(person) and not AuthenticateForm({"code": code}, user=person).is_valid():
        why = (
            _("Your code is missing or wrong. Nothing was signed; take a new code from the app.")
            if own
            else _("The second signer's code is missing or wrong. Nothing was signed; take a new code from the app.")
        )
        return _failed(request, patient_id, username, who, "code", why)
    return person


def _failed(request: Asked, patient_id: UUID, username: str, who: str, what: str, why: str) -> Refused:
    data = {"type": who, "refused": f"{who}_{what}", "second": username[:150]}
    with writing():
        append("refused", actor=request.actor.id, subject=f"patient:{patient_id}", at=request.now, data=data)
    return Refused(code=f"{who}_{what}", why=why)
