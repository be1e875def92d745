"""Puts the routers together and gives every failure the one form of a refusal."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

import norket
from norket.exchange.api.described import EXTRA
from norket.exchange.api.sessions import router
from norket.exchange.api.strict import StrictParser
from norket.exchange.strict_json import NotJsonError


class _Described(NinjaAPI):
    """Adds to the description what is not an operation of the routers."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**options)
        schema["paths"] |= EXTRA["paths"]
        schema["components"] |= EXTRA["components"]
        schema["security"] = EXTRA["security"]
        return schema


api = _Described(
    title="Norket",
    version=norket.__version__,
    description="The session interface. Sign in by cookie with X-CSRFToken, or send Authorization: Bearer.",
    urls_namespace="api",
    docs_url=None,
    parser=StrictParser(),
)
api.add_router("", router)


@api.exception_handler(ValidationError)
def malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """What is wrong with the request, place by place."""
    faults = [f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors]
    body: dict[str, Any] = {"refused": "malformed", "why": "; ".join(faults)[:2000], "findings": []}
    return api.create_response(request, body, status=422)


@api.exception_handler(HttpError)
def failed(request: HttpRequest, error: HttpError) -> HttpResponse:
    """A body that is not strict JSON, with the reason; anything else with its own status."""
    if isinstance(error.__cause__, NotJsonError):
        body = {"refused": "malformed", "why": f"{error.__cause__}.", "findings": []}
        return api.create_response(request, body, status=422)
    body = {"refused": "malformed", "why": str(error), "findings": []}
    return api.create_response(request, body, status=error.status_code)
