"""The second signer proves who they are beside the first one: with the password, and with the second factor if there is
one. Guesses are counted as at the door, and each failure stands in the audit chain."""

from typing import Any
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


def second_signer(request: Asked, patient_id: UUID, data: dict[str, Any]) -> Person | Refused | None:
    """Who signs second; None when nobody was chosen."""
    username = data["second_username"]
    if not username:
        return None
    try:
        person = get_adapter(request).authenticate(request, username=username, password=data["second_password"])
    except ValidationError:
        return _failed(
            request, patient_id, username, "second_signer_blocked",
            _("Too many wrong passwords were given for this name. Nothing was signed; wait five minutes."),
        )  # fmt: skip
    if not isinstance(person, Person) or person.clinic_id != request.holder.clinic_id:
        why = _("The second signer's password is wrong. Nothing was signed.")
        return _failed(request, patient_id, username, "second_signer_unknown", why)
    if is_mfa_enabled(person) and not AuthenticateForm({"code": data["second_code"]}, user=person).is_valid():
        why = _("The second signer's code is missing or wrong. Nothing was signed; take a new code from the app.")
        return _failed(request, patient_id, username, "second_signer_code", why)
    return person


def _failed(request: Asked, patient_id: UUID, username: str, code: str, why: str) -> Refused:
    data = {"type": "second_signer", "refused": code, "second": username[:150]}
    with writing():
        append("refused", actor=request.actor.id, subject=f"patient:{patient_id}", at=request.now, data=data)
    return Refused(code=code, why=why)
