"""The medicines page: every medicine ends somewhere, by the planned route, and nobody is told to end one."""

import html
import re
from collections.abc import Callable
from typing import Any, get_args
from uuid import uuid4

import pytest
from django.test import Client
from support.worlds import NOW, World

from norket.knowledge import read
from norket.knowledge.criteria import Route
from norket.record.care import actions, queries
from norket.record.people.models import Patient
from norket.therapy.care.events import MedicineDecided, MedicineRecorded
from norket.therapy.chart import MedicineItem
from norket.therapy.medicines import advises_ending

pytestmark = pytest.mark.django_db
As = Callable[..., Client]
SESSION = {"on": "2026-12-01", "drug": "ketamine", "route": "iv", "setting": "outpatient", "indication": "trd"}
INLINE = re.compile(r"</?(?:span|b|a|code|strong|em)\b[^>]*>")
TAG = re.compile(r"<[^>]+>")


@pytest.fixture
def patient(world: World) -> Patient:
    return Patient.objects.filter(clinic_id=world.clinic()["id"]).order_by("pk")[0]


def takes(patient: Patient, text: str, **more: Any) -> None:
    item = MedicineItem.model_validate({"text": text, "status": "yes", "at": NOW.date(), **more})
    done = actions.record(patient.pk, [MedicineRecorded(item=item)], by="somebody", now=NOW, command_id=str(uuid4()))
    assert isinstance(done, tuple)


def shown(client: Client, patient: Patient, **session: str) -> str:
    answer = client.get(f"/patients/{patient.pk}/medicines/", SESSION | session)
    assert answer.status_code == 200
    return answer.content.decode()


def post(client: Client, patient: Patient, what: str, **data: Any) -> Any:
    return client.post(f"/patients/{patient.pk}/medicines/{what}/", {"command_id": str(uuid4()), **SESSION, **data})


def said(markup: str) -> list[str]:
    """The texts of a page, one for each block, as a person reads them."""
    blocks = TAG.split(INLINE.sub("", markup[markup.index("<main") :]))
    return [" ".join(html.unescape(block).split()) for block in blocks if block.strip()]


def hidden(markup: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', markup)
    assert found is not None, name
    return found.group(1)


def decide(client: Client, patient: Patient, verdict: str, **data: Any) -> Any:
    page_now = shown(client, patient)
    line = {name: hidden(page_now, name) for name in ("n", "index", "seen")}
    return post(client, patient, "decide", **line | {"verdict": verdict, "note": "stable for years"} | data)


def verdicts(markup: str) -> dict[str, str]:
    return dict(re.findall(r'data-medicine="(\d+)" data-verdict="(\w+)"', markup))


def test_without_a_medicine_the_page_says_that_this_is_not_known_to_mean_none(as_role: As, patient: Patient) -> None:
    markup = shown(as_role("nurse"), patient)
    assert "No medicine is written in the chart" in markup
    assert "Nobody has said so yet" in markup


def test_each_medicine_has_verdict_rule_source_and_certainty(as_role: As, patient: Patient) -> None:
    takes(patient, "lorazepam", daily_dose=3.0, daily_unit="mg")
    markup = shown(as_role("nurse"), patient)
    assert verdicts(markup) == {"0": "hold"}
    assert 'data-rule="medicines.med_01" data-state="fires"' in markup
    rule = read().entry("medicines.med_01")
    assert read().reference(rule.sources[0].key).citation[:30] in html.unescape(markup)
    assert f"certainty {rule.certainty}" in " ".join(said(markup))


def test_the_strength_follows_the_route_that_is_asked_for(as_role: As, patient: Patient) -> None:
    takes(patient, "clarithromycin")
    client = as_role("nurse")
    by_vein, by_mouth, by_nose = (shown(client, patient, route=route) for route in ("iv", "oral", "intranasal"))
    assert [verdicts(one)["0"] for one in (by_vein, by_mouth, by_nose)] == ["review", "hold", "review"]
    strength = [re.findall(r"data-strength>.*?× ([\d.]+)", one)[0] for one in (by_vein, by_mouth, by_nose)]
    assert float(strength[0]) < float(strength[2]) < float(strength[1])
    assert "Measured in people by this route" in by_mouth
    assert "measured in nobody by this route" in by_vein
    open_ = shown(client, patient, route="")
    assert "data-strength" not in open_
    assert verdicts(open_)["0"] == "hold"


def test_a_medicine_that_no_rule_knows_is_looked_at_and_named(as_role: As, patient: Patient) -> None:
    takes(patient, "the blue one")
    markup = shown(as_role("nurse"), patient)
    assert verdicts(markup) == {"0": "review"}
    assert markup.count("the blue one") >= 2
    assert "No rule knows these" in markup


def test_sedatives_and_opioids_are_added_up_against_the_figure_of_their_rule(as_role: As, patient: Patient) -> None:
    takes(patient, "lorazepam", daily_dose=1.0, daily_unit="mg")
    takes(patient, "morphine", daily_dose=60.0, daily_unit="mg")
    takes(patient, "oxycodone")
    text = " ".join(said(shown(as_role("nurse"), patient)))
    assert "together, as oral lorazepam 1 mg a day" in text
    assert "together, as oral morphine at least 60 mg a day" in text
    assert "oxycodone: equivalent not known" in text
    assert "a rule holds above 90 mg a day" in text


def test_a_decision_is_kept_with_what_was_read(as_role: As, patient: Patient) -> None:
    takes(patient, "lorazepam", daily_dose=3.0, daily_unit="mg")
    client = as_role("prescriber")
    assert decide(client, patient, "review").status_code == 302
    (kept,) = queries.care(patient.pk).medicine_decisions
    assert isinstance(kept.event, MedicineDecided)
    assert (kept.event.decision.found, kept.event.decision.verdict) == ("hold", "review")
    assert kept.event.decision.edition == read().edition
    markup = shown(client, patient)
    assert 'data-decided="review"' in markup
    assert 'name="verdict"' not in markup


def test_another_dose_asks_for_the_decision_again_and_keeps_the_first(as_role: As, patient: Patient) -> None:
    takes(patient, "lorazepam", daily_dose=3.0, daily_unit="mg")
    client = as_role("prescriber")
    decide(client, patient, "review")
    takes(patient, "diazepam", daily_dose=10.0, daily_unit="mg")
    markup = shown(client, patient)
    assert "data-before" in markup
    assert "data-decided" not in markup
    assert len(queries.care(patient.pk).medicine_decisions) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"note": ""}, "reason_missing"),
        ({"seen": "another"}, "stale_review"),
        ({"n": "99"}, "line_not_known"),
        ({"verdict": "stop"}, "form_not_whole"),
        ({"verdict": ""}, "form_not_whole"),
    ],
)
def test_a_decision_that_is_not_sound_is_refused(
    as_role: As, patient: Patient, change: dict[str, str], code: str
) -> None:
    takes(patient, "lorazepam", daily_dose=3.0, daily_unit="mg")
    answer = decide(as_role("prescriber"), patient, **{"verdict": "review"} | change)
    assert answer.status_code == 422
    assert code in answer.content.decode()
    assert queries.care(patient.pk).medicine_decisions == ()


def test_naltrexone_asks_who_decided_with_the_prescriber(as_role: As, patient: Patient) -> None:
    takes(patient, "naltrexone", daily_dose=50.0, daily_unit="mg")
    client = as_role("prescriber")
    assert "addiction clinician" in shown(client, patient)
    assert decide(client, patient, "review").status_code == 422
    assert decide(client, patient, "review", together_with="Dr Ada Glass").status_code == 302
    assert "Dr Ada Glass" in shown(client, patient)


def test_a_decision_that_is_taken_back_stays_readable(as_role: As, patient: Patient) -> None:
    takes(patient, "lorazepam", daily_dose=3.0, daily_unit="mg")
    client = as_role("prescriber")
    decide(client, patient, "review")
    n = str(queries.care(patient.pk).medicine_decisions[0].n)
    assert post(client, patient, "take-back", n=n, reason="").status_code == 422
    assert post(client, patient, "take-back", n="99", reason="wrong").status_code == 422
    assert post(client, patient, "take-back", n=n, reason="another patient").status_code == 302
    markup = shown(client, patient)
    assert "data-decided" not in markup
    assert "taken back" in markup
    assert "another patient" in markup


@pytest.mark.parametrize("other", ["history", "ketamine", "tests"])
def test_a_decision_is_taken_back_on_no_page_of_others(as_role: As, patient: Patient, other: str) -> None:
    takes(patient, "lorazepam", daily_dose=3.0, daily_unit="mg")
    decide(as_role("prescriber"), patient, "review")
    (decided,) = queries.care(patient.pk).medicine_decisions
    form = {"command_id": str(uuid4()), "n": str(decided.n), "reason": "wrong", **SESSION}
    answer = as_role("nurse").post(f"/patients/{patient.pk}/{other}/take-back/", form)
    assert answer.status_code == 422
    assert queries.care(patient.pk).medicine_decisions == (decided,)


def test_whether_the_list_is_whole_is_an_answer_of_its_own(as_role: As, patient: Patient) -> None:
    client = as_role("pharmacist")
    assert post(client, patient, "whole", source="patient").status_code == 422
    assert post(client, patient, "whole", whole="no", source="").status_code == 422
    assert queries.care(patient.pk).lines == ()
    assert post(client, patient, "whole", whole="no", source="patient").status_code == 302
    assert "The list is not whole." in shown(client, patient)
    assert post(client, patient, "whole", whole="yes", source="pharmacy").status_code == 302
    markup = shown(client, patient)
    assert markup.index("The list is whole.") < markup.index("The list is not whole.")


@pytest.mark.parametrize("role", ["nurse", "anaesthetist", "therapist", "pharmacist"])
def test_nobody_but_a_prescriber_decides(as_role: As, patient: Patient, role: str) -> None:
    takes(patient, "lorazepam")
    client = as_role(role)
    assert 'name="verdict"' not in shown(client, patient)
    assert post(client, patient, "decide", n="1", index="0", seen="x", verdict="review").status_code == 403
    assert post(client, patient, "take-back", n="1", reason="wrong").status_code == 403


def test_nobody_of_another_clinic_sees_or_decides(as_role: As, patient: Patient) -> None:
    stranger = as_role("prescriber", side=1)
    assert stranger.get(f"/patients/{patient.pk}/medicines/").status_code in (403, 404)
    for what in ("decide", "whole", "take-back"):
        assert post(stranger, patient, what).status_code in (403, 404)


CLASSES = [entry for entry in read().of_kind("class") if entry.id.startswith("medicine_classes.")]


@pytest.mark.parametrize("route", [*get_args(Route), ""])
def test_the_page_never_advises_to_end_a_medicine_whatever_is_taken(as_role: As, patient: Patient, route: str) -> None:
    for entry in CLASSES:
        for name in entry.data.get("names", ())[:2]:
            takes(patient, name, daily_dose=500.0, daily_unit="mg")
    client = as_role("prescriber")
    decide(client, patient, "review", together_with="Dr Ada Glass")
    blocks = said(shown(client, patient, route=route))
    assert len(verdicts(shown(client, patient, route=route))) >= len(CLASSES)
    assert [block for block in blocks if advises_ending(block, read())] == []
    assert not any(word in block.lower() for block in blocks for word in ("eligible", "approved for"))


def test_without_a_day_no_medicine_is_judged_or_decided(as_role: As, patient: Patient) -> None:
    takes(patient, "lorazepam", daily_dose=3.0, daily_unit="mg")
    client = as_role("prescriber")
    markup = shown(client, patient, on="")
    assert "Say which day is meant" in markup
    assert verdicts(markup) == {}
    assert decide(client, patient, "review", on="").status_code == 422
    assert queries.care(patient.pk).medicine_decisions == ()
