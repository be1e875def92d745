"""All addresses. The policy file must list every one of them by name."""

from django.urls import URLPattern, URLResolver, include, path

from norket.exchange.api.api import api
from norket.exchange.fhir.views import fhir_import
from norket.site import accounts, health, live, rehearsals

urlpatterns: list[URLPattern | URLResolver] = [
    path("rehearsal/", rehearsals.rehearsal, name="rehearsal"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("api/v1/sessions/<uuid:session_id>/stream", live.session_stream, name="session_stream"),
    path("api/v1/board/stream", live.board_stream, name="board_stream"),
    path("api/v1/", api.urls),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/totp/activate/", accounts.ActivateCodeApp.as_view(), name="mfa_activate_totp"),
    path("accounts/2fa/totp/picture.svg", accounts.totp_image, name="mfa_totp_image"),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("patients/<uuid:patient_id>/import/", fhir_import, name="fhir_import"),
    path("", include("norket.exchange.cds.urls")),
    path("", include("norket.desk.urls")),
]
