"""A live page that nobody touches locks: it goes on showing and sounding, and takes stop, pause and help in one tap.

The lock lies in the browser session, so that no other page of this browser opens either until the person proves who
they are. A session of the browser that has ended is opened anew by the same proof. A colleague takes a screen over by
proving who they are: the chair is never left without a page.
"""

from uuid import UUID

from django.contrib.auth import login
from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from norket.desk.page import Asked
from norket.desk.second import at_a_locked_screen, screen_name
from norket.desk.session import guesses
from norket.record.access import policy
from norket.record.people.models import Person
from norket.record.session.models import SessionRecord
from norket.therapy.finding import Refused

KEY = "locked"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@require_POST
def lock(request: Asked, session_id: UUID) -> HttpResponse:
    """From here on this browser shows the sessions that are open and takes the three acts of a locked screen."""
    if request.user.is_authenticated:
        request.session[KEY] = str(session_id)
    return HttpResponse(status=204)


@require_POST
def unlock(request: Asked, session_id: UUID) -> HttpResponse:
    """With the password of the person who is signed in, or of a colleague who takes over; and the second factor."""
    patient_id = SessionRecord.objects.values_list("patient_id", flat=True).get(pk=session_id)
    person = opened_by(request, f"patient:{patient_id}", "desk:session")
    if isinstance(person, Refused):
        return JsonResponse({"refused": person.code, "why": person.why}, status=422)
    return JsonResponse({"csrf": get_token(request), "person": str(person.pk)})


def opened_by(request: Asked, subject: str, route: str) -> Person | Refused:
    """Opens the lock for whoever proves who they are and may see what is behind it."""
    username = screen_name(request, request.POST)
    seconds = guesses.begin(request, username)
    if seconds:
        why = ngettext("Wait {n} second, then try again.", "Wait {n} seconds, then try again.", seconds)
        return Refused(code="unlock_wait", why=why.format(n=seconds))
    person = at_a_locked_screen(request, subject, request.POST)
    if isinstance(person, Refused):
        return person
    if person.pk != request.holder.pk and policy.read().relation(route, "GET", person.roles) != "clinic":
        return Refused(code="unlock_role", why=_("Your role may not open this page. Ask a colleague whose role may."))
    guesses.right(request, username)
    if request.user.is_authenticated and request.user.pk == person.pk:
        request.session.pop(KEY, None)
    else:
        login(request, person, backend=BACKEND)
    return person
