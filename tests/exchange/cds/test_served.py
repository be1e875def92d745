"""The service behind a real server: a hospital's tokens, a body that is too large, and time enough for an answer."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from support.hospital import Ehr, asked
from support.server import Server

VIEW = "/cds-services/norket-patient-view"
PAGE = "https://ehr.example.org"
SOON_S = 2.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, ehr: Ehr) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("cds")
    made = Server(folder)
    made.run("migrate")
    (folder / "hospitals.json").write_text(json.dumps(ehr.settings()))
    made.start()
    yield made
    made.stop()


def post(server: Server, ehr: Ehr, body: object, **more: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {ehr.token(server.url + VIEW)}", **more}
    return httpx.post(server.url + VIEW, json=body, headers=headers, timeout=30)


def test_a_hospital_gets_its_cards_soon(server: Server, ehr: Ehr) -> None:
    assert post(server, ehr, asked()).status_code == 200
    begun = time.perf_counter()
    response = post(server, ehr, asked(), Origin=PAGE)
    assert time.perf_counter() - begun < SOON_S
    assert response.headers["Access-Control-Allow-Origin"] == PAGE
    assert any(card["indicator"] == "warning" for card in response.json()["cards"])


def test_a_token_counts_once_there_too(server: Server, ehr: Ehr) -> None:
    headers = {"Authorization": f"Bearer {ehr.token(server.url + VIEW)}"}
    codes = [httpx.post(server.url + VIEW, json=asked(), headers=headers, timeout=30).status_code for _ in range(2)]
    assert codes == [200, 401]


def test_a_preflight_is_answered(server: Server) -> None:
    headers = {"Origin": PAGE, "Access-Control-Request-Method": "POST"}
    assert httpx.options(server.url + VIEW, headers=headers).status_code == 204


def test_a_body_that_is_too_large_is_turned_away(server: Server, ehr: Ehr) -> None:
    response = post(server, ehr, asked(filler="x" * 4_000_000))
    assert response.status_code == 413
    assert response.json()["refused"] == "too_large"
