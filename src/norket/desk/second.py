"""Whoever signs proves who they are: the second signer beside the first one, and the first one where the tablet was in
other hands. With the password, and with the second factor if there is one. Guesses are counted as at the door (those at
the own password at a locked screen by that screen alone), and each failure stands in the audit chain."""

from collections.abc import Mapping
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

Who = Literal["second_signer", "witness", "oneself", "unlock"]


def second_signer(request: Asked, patient_id: UUID, data: dict[str, Any]) -> Person | Refused | None:
    """Who signs second; None when nobody was chosen."""
    username = data["second_username"]
    if not username:
        return None
    subject = f"patient:{patient_id}"
    return _prove(request, subject, username, data["second_password"], data["second_code"], who="second_signer")


def witness(request: Asked, subject: str, data: Mapping[str, str]) -> Person | Refused:
    """Who stands beside and has seen it, named by `witness`."""
    return _prove(request, subject, data["witness"], data["witness_password"], data["witness_code"], who="witness")


def oneself(request: Asked, patient_id: UUID, data: dict[str, Any]) -> Person | Refused:
    """The person who is signed in, proven once more: whoever holds the tablet may be somebody else by now."""
    subject = f"patient:{patient_id}"
    return _prove(request, subject, request.holder.username, data["password"], data["code"], who="oneself")


def at_a_locked_screen(request: Asked, subject: str, data: Mapping[str, str]) -> Person | Refused:
    """The person whose screen it is, or the colleague whose name was given."""
    username = screen_name(request, data)
    if username == request.holder.username:
        request.guesses_counted = True  # type: ignore[attr-defined]  # by the screen, not as at the door
    return _prove(request, subject, username, data.get("password", ""), data.get("code", ""), who="unlock")


def screen_name(request: Asked, data: Mapping[str, str]) -> str:
    """Whose password is given at a locked screen."""
    return data.get("username", "").strip() or request.holder.username


def _prove(request: Asked, subject: str, username: str, password: str, code: str, *, who: Who) -> Person | Refused:
    try:
        person = get_adapter(request).authenticate(request, username=username, password=password)
    except ValidationError:
        return _failed(request, subject, username, who, "blocked")
    # allauth also answers with whoever has left, for a page of its own that says so
    if not isinstance(person, Person) or not person.is_active or person.clinic_id != request.holder.clinic_id:
        return _failed(request, subject, username, who, "unknown")
    if is_mfa_enabled(person) and not AuthenticateForm({"code": code}, user=person).is_valid():
        return _failed(request, subject, username, who, "code")
    return person


def _why(who: Who, what: str, username: str, request: Asked) -> str:
    if who == "unlock":
        own = username == request.holder.username
        wrong = _("Your password is wrong.") if own else _("This name or its password is wrong.")
        return {
            "blocked": _("Too many wrong passwords were given here. Wait five minutes, or ask another colleague."),
            "unknown": wrong,
            "code": _("The code is missing or wrong. Take a new code from the app."),
        }[what]
    if who == "witness":
        return {
            "blocked": _("Too many wrong passwords were given for this name. Nothing was written; wait five minutes."),
            "unknown": _("The witness's password is wrong. Nothing was written."),
            "code": _("The witness's code is missing or wrong. Nothing was written; take a new code from the app."),
        }[what]
    own = who == "oneself"
    return {
        "blocked": _("Too many wrong passwords were given for this name. Nothing was signed; wait five minutes."),
        "unknown": _("Your password is wrong. Nothing was signed.")
        if own
        else _("The second signer's password is wrong. Nothing was signed."),
        "code": _("Your code is missing or wrong. Nothing was signed; take a new code from the app.")
        if own
        else _("The second signer's code is missing or wrong. Nothing was signed; take a new code from the app."),
    }[what]


def _failed(request: Asked, subject: str, username: str, who: Who, what: str) -> Refused:
    data = {"type": who, "refused": f"{who}_{what}", "second": username[:150]}
    with writing():
        append("refused", actor=request.actor.id, subject=subject, at=request.now, data=data)
    return Refused(code=f"{who}_{what}", why=_why(who, what, username, request))
