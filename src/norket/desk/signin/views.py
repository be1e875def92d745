"""The demo's sign-in: one button for each role, no password. The address exists only in the demo."""

from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from norket.record.people.models import Person

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@require_POST
def demo_signin(request: HttpRequest, role: str) -> HttpResponse:
    """Signs in the first person of the demo who has this role."""
    people = Person.objects.filter(is_active=True).order_by("username")
    person = next((person for person in people if role in person.roles), None)
    if person is None:
        raise Http404
    login(request, person, backend=BACKEND)
    home = "desk:audit" if set(person.roles) <= {"auditor"} else "desk:welcome"
    return HttpResponseRedirect(reverse(home))
