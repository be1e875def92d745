"""A record system that is a page in a browser, elsewhere: it asks the open service of the demo and gets its cards."""

import functools
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error, Page
from support.server import Server

ASK = """async ([address, body]) => {
  const headers = {"Content-Type": "application/json", "Authorization": "Bearer of-the-sandbox"};
  const listed = await (await fetch(address, {headers})).json();
  const service = listed.services.find((one) => one.hook === "patient-view");
  const answer = await fetch(`${address}/${service.id}`, {method: "POST", headers, body});
  return {services: listed.services.length, status: answer.status, cards: (await answer.json()).cards};
}"""
BODY = {
    "hook": "patient-view",
    "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
    "context": {"userId": "Practitioner/1", "patientId": "p1"},
    "prefetch": {"patient": {"resourceType": "Patient", "id": "p1", "birthDate": "2015-02-03"}},
}


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page at an address of its own."""
    folder = tmp_path_factory.mktemp("foreign")
    (folder / "index.html").write_text("<!doctype html><title>A record system</title>")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder)) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{served.server_port}"
        served.shutdown()


@pytest.fixture(scope="module")
def open_service(tmp_path_factory: pytest.TempPathFactory, foreign: str) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("open")
    made = Server(folder, mode="demo")
    made.run("migrate")
    (folder / "hospitals.json").write_text(json.dumps({"sandbox": True, "origins": [foreign]}))
    made.start()
    yield made
    made.stop()


def test_a_page_on_record_shows_the_cards(page: Page, foreign: str, open_service: Server) -> None:
    page.goto(foreign)
    found = page.evaluate(ASK, [f"{open_service.url}/cds-services", json.dumps(BODY)])
    assert (found["services"], found["status"]) == (3, 200)
    assert any(card["indicator"] == "critical" for card in found["cards"])


def test_a_page_that_is_not_on_record_learns_nothing(page: Page, foreign: str, open_service: Server) -> None:
    page.goto(foreign.replace("127.0.0.1", "localhost"))
    with pytest.raises(Error, match="Failed to fetch"):
        page.evaluate(ASK, [f"{open_service.url}/cds-services", json.dumps(BODY)])
