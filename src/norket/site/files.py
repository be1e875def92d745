"""Styles and scripts are served from memory, as they were when the server started.

An upgrade in place changes files under a running server. Read at each request, a changed file goes out under the length
that it had before: cut off, or never ended, and one script that does not arrive whole stops the page that needs it.
"""

from io import BytesIO
from os import stat_result
from pathlib import Path
from typing import Any
from wsgiref.headers import Headers

from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import NOT_ALLOWED_RESPONSE, Response, StaticFile

from norket.desk.offline import worker


class KeptFile(StaticFile):  # type: ignore[misc]
    """One file with what it holds."""

    def __init__(self, path: str, headers: Any, stat_cache: dict[str, stat_result] | None = None) -> None:
        super().__init__(path, headers, stat_cache=stat_cache)
        self.content = Path(path).read_bytes()
        said = int(dict(self.get_path_and_headers({})[1])["Content-Length"])
        if said != len(self.content):
            raise RuntimeError(f"{path} was changed while the server started; start it again")

    def get_response(self, method: str, request_headers: dict[str, Any]) -> Response:
        """As the library answers, without opening anything."""
        if method not in ("GET", "HEAD"):
            return NOT_ALLOWED_RESPONSE
        if self.is_not_modified(request_headers):
            return self.not_modified_response
        _, headers = self.get_path_and_headers(request_headers)
        return Response(200, headers, BytesIO(self.content) if method == "GET" else None)


class Files(WhiteNoiseMiddleware):  # type: ignore[misc]
    """The static files of the program, and the name of the set that browsers keep for when the network is gone."""

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        worker.version()

    def get_static_file(self, path: str, url: str, stat_cache: dict[str, stat_result] | None = None) -> KeptFile:
        headers = Headers([])
        self.add_mime_headers(headers, path, url)
        self.add_cache_headers(headers, path, url)
        return KeptFile(path, headers.items(), stat_cache)
