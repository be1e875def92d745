"""A running server, a sender that is not ours, and what the session says a moment later."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hl7.client import MLLPClient
from support.server import Server

ROWS = (
    "OBX|1|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.1|93|262688^MDC_DIM_PERCENT^MDC|||||R\r"
    "OBX|2|NM|147842^MDC_ECG_HEART_RATE^MDC|1.2|81|264864^MDC_DIM_BEAT_PER_MIN^MDC|||||R\r"
)
CO2_AS_SPO2 = "OBX|3|NM|150456^MDC_CO2_ET^MDC|1.3|35|266016^MDC_DIM_MMHG^MDC|||||R\r"
WITHIN_S = 1.0


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, dict[str, Any]]]:
    server = Server(Path(tmp_path_factory.mktemp("served")))
    made = server.seed("authz")
    server.start()
    try:
        yield server, made
    finally:
        server.stop()


def message(made: dict[str, Any], number: str, rows: str) -> str:
    side = made["clinics"][0]
    now = datetime.now(UTC)
    return (
        f"MSH|^~\\&|{side['device']}||||{now:%Y%m%d%H%M%S}+0000||ORU^R01^ORU_R01|{number}|P|2.6\r"
        f"PID|||{side['sessions'][0]['mrn']}^^^^MR\rOBR|1|||182777000^monitoring of patient^SCT\r{rows}"
    )


def vitals(server: Server, made: dict[str, Any]) -> dict[str, Any]:
    side = made["clinics"][0]
    nurse = next(one for one in made["people"] if one["role"] == "nurse" and one["clinic"] == side["id"])
    session, bearer = side["sessions"][0]["id"], {"Authorization": f"Bearer {nurse['token']}"}
    answer = httpx.get(f"{server.url}/api/v1/sessions/{session}", headers=bearer)
    assert answer.status_code == httpx.codes.OK, answer.text
    return dict(answer.json()["vitals"])


def test_a_message_from_another_program_is_charted_within_a_second(clinic: tuple[Server, dict[str, Any]]) -> None:
    server, made = clinic
    vitals(server, made)
    taken = []
    with MLLPClient("127.0.0.1", server.mllp_port) as sender:
        for value in ("91", "92", "93"):
            began = time.monotonic()
            assert b"\rMSA|AA|1" in sender.send_message(message(made, f"1{value}", ROWS.replace("|93|", f"|{value}|")))
            seen = vitals(server, made)
            taken.append(time.monotonic() - began)
            assert (seen["spo2_percent"]["value"], seen["hr_per_min"]["value"]) == (float(value), 81)
    assert min(taken) < WITHIN_S


def test_carbon_dioxide_labelled_as_saturation_is_refused_and_nothing_of_it_charted(
    clinic: tuple[Server, dict[str, Any]],
) -> None:
    server, made = clinic
    with MLLPClient("127.0.0.1", server.mllp_port) as sender:
        sender.send_message(message(made, "2", ROWS))
        answer = sender.send_message(message(made, "3", ROWS.replace("|81|", "|66|") + CO2_AS_SPO2))
    seen = vitals(server, made)
    assert b"\rMSA|AE|3\r" in answer
    assert b"which is not its name" in answer
    assert (seen["spo2_percent"]["value"], seen["hr_per_min"]["value"]) == (93, 81)


def test_after_a_storm_of_rubbish_a_good_message_is_charted(clinic: tuple[Server, dict[str, Any]]) -> None:
    server, made = clinic
    for number in range(50):
        with MLLPClient("127.0.0.1", server.mllp_port) as sender:
            sender.send_message(b"MSH|^~\\&|" + bytes([number + 33]) * 100)
    with MLLPClient("127.0.0.1", server.mllp_port) as sender:
        assert b"\rMSA|AA|4\r" in sender.send_message(message(made, "4", ROWS.replace("|93|", "|95|")))
    assert vitals(server, made)["spo2_percent"]["value"] == 95
