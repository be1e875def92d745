"""How heavy the pages are: each page with every script and style it asks for, as sent and as compressed by gzip."""

import gzip
import re
import sys
import tempfile
from pathlib import Path
from urllib.parse import urljoin

import httpx
from row import Row

sys.path.insert(0, str(Path(__file__).parents[1]))
from support.server import Server

ASSET = re.compile(r'(?:src|href)="(/static/[^"]+\.(?:js|css|svg))"')
IMPORT = re.compile(r'^\s*import\b[^"\']*["\'](\.[^"\']+)["\']', re.MULTILINE)


class Visitor:
    """Fetches pages as a signed-in nurse and adds up what a first visit costs."""

    def __init__(self, server: Server) -> None:
        self.client = httpx.Client(base_url=server.url, timeout=20, follow_redirects=True)
        login = self.client.get("/accounts/login/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', login)
        assert token, "the sign-in page has no form"
        answer = self.client.post("/demo/signin/nurse/", data={"csrfmiddlewaretoken": token[1]})
        assert answer.status_code == httpx.codes.OK, answer.status_code

    def weigh(self, path: str) -> tuple[int, int, int]:
        """Bytes of the page and its assets, the same compressed one by one, and the number of requests."""
        page = self.fetch(path)
        assets: dict[str, bytes] = {}
        waiting = sorted(set(ASSET.findall(page.decode())))
        while waiting:
            asset = waiting.pop()
            if asset not in assets:
                assets[asset] = self.fetch(asset)
                if asset.endswith(".js"):
                    waiting += [urljoin(asset, name) for name in IMPORT.findall(assets[asset].decode())]
        bodies = [page, *assets.values()]
        return sum(map(len, bodies)), sum(len(gzip.compress(body)) for body in bodies), len(bodies)

    def fetch(self, path: str) -> bytes:
        answer = self.client.get(path)
        assert answer.status_code == httpx.codes.OK, f"{path}: {answer.status_code}"
        return answer.content


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), mode="demo")
        world = server.seed("demo")
        server.start()
        try:
            visitor = Visitor(server)
            patient = world["sessions"]["planned"]["patient_id"]
            pages = {
                "board": "/",
                "live session": f"/sessions/{world['sessions']['running']['id']}/",
                "patients": "/patients/",
                "patient": f"/patients/{patient}/",
                "register": "/register/",
            }
            weights = {name: visitor.weigh(path) for name, path in pages.items()}
        finally:
            server.stop()
    return [
        Row(f"{name}, first visit", small / 1000, "kB gzip", f"{raw / 1000:.0f} kB uncompressed in {count} requests")
        for name, (raw, small, count) in weights.items()
    ]
