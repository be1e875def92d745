"""A live page that nobody touches locks: it goes on showing and sounding, and takes stop, pause and help in one tap.

The lock lies in the browser session, so that no other page of this browser opens either until the person proves who
they are. A session of the browser that has ended is opened anew by the same proof.
"""

from uuid import UUID

from django.contrib.auth import login
from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.views.decorators.http import require_POST

from norket.desk.page import Asked
from norket.desk.second import oneself
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
    """With the password of the person who is signed in, and the second factor if there is one."""
    patient_id = SessionRecord.objects.values_list("patient_id", flat=True).get(pk=session_id)
    data = {"password": request.POST.get("password", ""), "code": request.POST.get("code", "")}
    person = oneself(request, patient_id, data)
    if isinstance(person, Refused):
        return JsonResponse({"refused": person.code, "why": person.why}, status=422)
    if request.user.is_authenticated:
        request.session.pop(KEY, None)
    else:
        login(request, person, backend=BACKEND)
    return JsonResponse({"csrf": get_token(request)})
