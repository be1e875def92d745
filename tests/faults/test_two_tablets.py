"""Two tablets at one chair, both in a hurry: twenty commands each at once, facts and orders. No fact is lost or
doubled, no order goes over one that its giver had not seen, and whoever is refused is shown what the other did."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from support.nursery import Forked

pytestmark = pytest.mark.faults
Made = Callable[..., tuple[Forked, dict[str, Any]]]
EACH = 20
TABLETS = ("nurse", "prescriber")


@dataclass
class Tablet:
    """What one of them sent, by key, and what it was answered."""

    http: httpx.AsyncClient
    role: str
    session: str
    sent: dict[str, dict[str, Any]] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    answers: dict[str, httpx.Response] = field(default_factory=dict)

    async def look(self) -> dict[str, Any]:
        return dict((await self.http.get(f"/api/v1/sessions/{self.session}")).raise_for_status().json())

    async def send(self, key: str, body: dict[str, Any], version: int | None = None) -> None:
        headers = {"Idempotency-Key": key} | ({} if version is None else {"If-Match": str(version)})
        self.sent[key] = body
        if version is not None:
            self.seen[key] = version
        at = f"/api/v1/sessions/{self.session}/commands"
        self.answers[key] = await self.http.post(at, json=body, headers=headers)

    async def hurry(self, round_: int) -> None:
        """Everything at once; all its orders rest on the one look before."""
        view = await self.look()
        rate, work = view["order"]["rate_ml_h"], list[Any]()
        for number in range(EACH):
            key = f"{self.role}-{round_}-{number}"
            slower = round(rate * (0.8 + number / 100 + (self.role == "nurse") / 1000), 3)
            order = {"type": "change_rate", "rate_ml_h": slower, "reason": key}
            facts = (
                {"type": "note", "text": key},
                {"type": "record_score", "score": "watched_sedation", "value": 0},
                {"type": "record_vitals", "vitals": {"sbp_mmhg": 120 + number, "dbp_mmhg": 70, "hr_per_min": 66}},
            )
            body = order if number % 4 == round_ % 4 else facts[number % 3]
            work.append(self.send(key, body, view["version"] if body is order else None))
        await asyncio.gather(*work)


async def _storm(server: Forked, world: dict[str, Any], rounds: int) -> list[Tablet]:
    tokens = {person["role"]: person["token"] for person in world["people"]}
    session, made = world["sessions"]["running"]["id"], list[Tablet]()
    for role in TABLETS:
        headers = {"Authorization": f"Bearer {tokens[role]}"}
        made.append(Tablet(httpx.AsyncClient(base_url=server.url, timeout=60, headers=headers), role, session))
    for round_ in range(rounds):
        await asyncio.gather(*(tablet.hurry(round_) for tablet in made))
    for tablet in made:
        await tablet.http.aclose()
    return made


def judge(server: Forked, world: dict[str, Any], rounds: int) -> list[str]:
    """What went wrong in the storm; nothing when all is well."""
    server.start()
    tablets = asyncio.run(_storm(server, world, rounds))
    nurse = next(person["token"] for person in world["people"] if person["role"] == "nurse")
    at, headers = f"/api/v1/sessions/{world['sessions']['running']['id']}", {"Authorization": f"Bearer {nurse}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=60) as http:
        ledger, view = http.get(f"{at}/events").json()["events"], http.get(at).json()
    server.stop()
    wrong = [] if server.verify()["ok"] else ["the chain does not hold"]
    wrong += [] if [event["n"] for event in ledger] == list(range(1, len(ledger) + 1)) else ["a gap"]
    kept = Counter(event["command_id"] for event in ledger)
    for tablet in tablets:
        for key, answer in tablet.answers.items():
            order = key in tablet.seen
            wrong += _order(tablet, key, answer, ledger, kept) if order else _fact(key, answer, kept)
    rates = [event["data"]["rate_ml_h"] for event in ledger if event["type"] == "rate_changed"]
    return wrong if not rates or view["rate_ml_h"] == rates[-1] else [*wrong, f"the pump shows {view['rate_ml_h']}"]


def _fact(key: str, answer: httpx.Response, kept: Counter[str]) -> list[str]:
    well = answer.status_code == httpx.codes.OK and kept[key] == len(answer.json()["events"]) == 1
    return [] if well else [f"fact {key}: {answer.status_code}, kept {kept[key]} times"]


def _order(
    tablet: Tablet, key: str, answer: httpx.Response, ledger: list[dict[str, Any]], kept: Counter[str]
) -> list[str]:
    """Done on exactly what its giver saw; or refused, and told all that came since, in the order of the ledger."""
    if answer.status_code not in {httpx.codes.OK, httpx.codes.CONFLICT}:
        return [f"order {key}: {answer.status_code} {answer.text[:200]}"]
    told = answer.json()
    if answer.status_code == httpx.codes.OK:
        unseen = told["events"][0]["n"] - tablet.seen[key] - 1
        return [f"{key} went over {unseen} events that its giver had not seen"] if unseen or kept[key] != 1 else []
    if kept[key]:
        return [f"order {key} was refused and kept {kept[key]} times"]
    between = [event["n"] for event in ledger if tablet.seen[key] < event["n"] <= told["version"]]
    meanwhile = [event["n"] for event in told["meanwhile"]]
    same = told["meanwhile"] == ledger[meanwhile[0] - 1 : meanwhile[-1]] if meanwhile else False
    return [] if same and meanwhile[: len(between)] == between else [f"{key} was shown {meanwhile}, not {between}"]


def test_of_two_hurried_tablets_nothing_is_lost_doubled_or_written_over(
    clinic: Made, pytestconfig: pytest.Config
) -> None:
    assert judge(*clinic(), 100 if pytestconfig.getoption("--faults") else 4) == []


def test_a_server_that_takes_orders_on_old_news_is_noticed(clinic: Made) -> None:
    assert [one for one in judge(*clinic("takes_old_news"), 1) if "had not seen" in one]
