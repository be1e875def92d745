"""How people get accounts and second factors: a manager makes accounts; codes are shown as same-origin images."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.internal.auth import get_totp_secret
from allauth.mfa.totp.views import ActivateTOTPView
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.urls import reverse

from norket.record.referral.quota import network
from norket.site import chair

# Of one who is known: five wrong ones in five minutes for one name, twenty for all; that of the library for one address
# does not stand beside it.
BY_NAME, OF_ONE = {"known_failed": "5/300s/key"}, {"known_failed_in_all": "20/300s/key"}


class ClosedAccounts(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs up by themselves."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Wrong passwords are counted by name and network: nobody far away keeps a colleague from signing in."""
        name = super()._get_login_attempts_cache_key(request, **credentials)
        return f"{name}:{network(self.get_client_ip(request))}"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """What others guess, strangers at the same address or a colleague, keeps nobody out whose browser holds a
        sign-in or a pass of ours: there wrong ones are counted for whose browser it is, whichever form takes them. The
        own password at a locked screen counts for that screen."""
        if getattr(request, "guesses_counted", False):
            self._login_failed_rl_usage = None
            return
        person = chair.known(request)
        if person is None:
            super().pre_authenticate(request, **credentials)
            return
        name = super()._get_login_attempts_cache_key(request, **credentials)
        used = _consume(request, BY_NAME, f"{person.pk}:{name}")
        used_in_all = _consume(request, OF_ONE, str(person.pk)) if used else None
        if not (used and used_in_all):
            raise self.validation_error("too_many_login_attempts")
        self._login_failed_rl_usage = ratelimit.RateLimitUsage(usage=[*used.usage, *used_in_all.usage])


def _consume(request: HttpRequest, config: dict[str, str], key: str) -> ratelimit.RateLimitUsage | None:
    (action,) = config
    return ratelimit.consume(request, app="allauth.account", action=action, config=config, key=key)


class ActivateCodeApp(ActivateTOTPView):  # type: ignore[misc]
    """The library's own page, with the picture from our address instead of inside the page, which the CSP forbids."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return dict(super().get_context_data(**kwargs)) | {"totp_svg_data_uri": reverse("mfa_totp_image")}


def totp_image(request: HttpRequest) -> HttpResponse:
    """The picture of the secret that this session is about to confirm; who came with a token has no such secret."""
    if not request.user.is_authenticated:
        return HttpResponseForbidden("Sign in with a password to add a code app.", content_type="text/plain")
    adapter = get_adapter()
    picture = adapter.build_totp_svg(adapter.build_totp_url(request.user, get_totp_secret()))
    return HttpResponse(picture, content_type="image/svg+xml")
