"""The application as a web server calls it."""

import warnings
from typing import Any

from django.conf import settings
from django.core.asgi import get_asgi_application

from norket.exchange.cds import door
from norket.site.bodies import Trust, limited
from norket.site.lanes import Lanes

# Static files are small and read in one go; what streams for long (`site.live`) is asynchronous.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")

IMPORTS = "/import/"
OPEN = ("/self-check/", "/refer/")


def longest(path: str) -> int:
    """A whole record of another system is longer than anything else that comes in, and what strangers send shorter."""
    if path in OPEN:
        return settings.NORKET_OPEN_MAX_SIZE
    if path.startswith(f"{door.PATH}/"):
        return settings.NORKET_CDS_MAX_SIZE
    return settings.NORKET_IMPORT_MAX_SIZE if path.endswith(IMPORTS) else settings.DATA_UPLOAD_MAX_MEMORY_SIZE


async def _may_send(scope: dict[str, Any]) -> Trust:
    from norket.site import callers  # noqa: PLC0415 -- needs the applications, which are set up below

    return await callers.may_send(scope)


application = limited(Lanes(get_asgi_application()), longest, _may_send)
