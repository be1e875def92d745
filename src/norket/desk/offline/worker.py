"""The script that keeps the live page for when the network is gone, under a name made from the files that it keeps."""

import json
from functools import cache
from hashlib import sha256
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.views.decorators.http import require_safe

ROOT = Path(__file__).parents[1] / "static"
KEPT = ("norket/js/*.js", "norket/css/*.css", "norket/vendor/uplot/*", "norket/mark.svg")


@cache
def files() -> tuple[str, ...]:
    """The static files that a live page needs, as paths below the static folder."""
    found = (path for pattern in KEPT for path in ROOT.glob(pattern) if path.suffix in {".js", ".css", ".svg"})
    return tuple(sorted(str(path.relative_to(ROOT)) for path in found))


@cache
def version() -> str:
    """Changes with the content of any of them."""
    content = sha256()
    for name in files():
        content.update(name.encode() + b"\0" + (ROOT / name).read_bytes() + b"\0")
    return content.hexdigest()[:16]


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """From the root, so that it may serve every session of this browser. It holds names of files and nothing else."""
    made = json.dumps({"version": version(), "files": [static(name) for name in files()]})
    script = f'import {{ serve }} from "{static("norket/js/worker.js")}";\nserve({made});\n'
    response = HttpResponse(script, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response
