"""Every body of the interface is read strictly."""

from typing import Any

from django.http import HttpRequest
from ninja.parser import Parser

from norket.exchange.strict_json import loads


class StrictParser(Parser):
    """Reads every request body strictly."""

    def parse_body(self, request: HttpRequest) -> Any:
        return loads(request.body)
