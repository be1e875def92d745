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

# Five wrong ones in five minutes for one name; that of the library for one address does not stand beside it.
BY_NAME = {"login_failed": "5/300s/key"}


class ClosedAccounts(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs up by themselves."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Wrong passwords are counted by name and network: nobody far away keeps a colleague from signing in."""
        name = super()._get_login_attempts_cache_key(request, **credentials)
        return f"{name}:{network(self.get_client_ip(request))}"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """What strangers at the same address guess keeps nobody out whose browser holds a sign-in or a pass of ours; a
        locked screen counts for itself."""
        if getattr(request, "guesses_counted", False):
            self._login_failed_rl_usage = None
        elif not chair.is_known(request):
            super().pre_authenticate(request, **credentials)
        else:
            key = self._get_login_attempts_cache_key(request, **credentials)
            self._login_failed_rl_usage = ratelimit.consume(
                request, app="allauth.account", action="login_failed", config=BY_NAME, key=key
            )
            if not self._login_failed_rl_usage:
                raise self.validation_error("too_many_login_attempts")


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
