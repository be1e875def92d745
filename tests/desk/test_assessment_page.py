"""The assessment page: a sign of suicide is answered before anything else, capacity has four parts, scores are
computed, and nothing on it says who may be treated."""

import html
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml
from django.conf import LazySettings
from django.test import Client
from support.worlds import World

from norket.knowledge import read
from norket.record.care import queries
from norket.record.people.models import Patient
from norket.therapy.assessment.instruments import instruments
from norket.therapy.care.events import CapacityRecorded, RiskAnswered, ScoreRecorded

pytestmark = pytest.mark.django_db
As = Callable[..., Client]
TODAY = {"done_on": "2026-11-20", "source": "patient"}
PHQ = {"form": "instruments.phq_9"} | {f"item_{n}": "0" for n in range(1, 10)} | TODAY
AUDIT = {"form": "instruments.audit_c", "item_1": "2", "item_2": "1", "item_3": "1"} | TODAY
MOCA = {"form": "instruments.moca", "total": "24"} | TODAY
SCREENER = {"form": "instruments.c_ssrs", "item_1": "0", "item_2": "0", "item_6": "0"} | TODAY
WHOLE = {"understands": "yes", "retains": "yes", "weighs": "yes", "communicates": "yes", "note": "said it back"}
SESSION = {"on": "2026-11-20", "drug": "ketamine", "route": "iv", "setting": "outpatient", "indication": "trd"}


@pytest.fixture
def patient(world: World) -> Patient:
    return Patient.objects.filter(clinic_id=world.clinic()["id"]).order_by("pk")[0]


def shown(client: Client, patient: Patient, **query: str) -> str:
    answer = client.get(f"/patients/{patient.pk}/assessment/", query)
    assert answer.status_code == 200
    return answer.content.decode()


def post(client: Client, patient: Patient, what: str, **data: Any) -> Any:
    return client.post(f"/patients/{patient.pk}/assessment/{what}/", {"command_id": str(uuid4()), **data})


def screened(client: Client, patient: Patient) -> str:
    return client.get(f"/patients/{patient.pk}/screening/", SESSION).content.decode()


def lines(patient: Patient) -> dict[str, tuple[str, float | None]]:
    return {line.item.code: (line.item.status, line.item.value) for line in queries.care(patient.pk).lines}


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("score", PHQ | {"item_9": "1"}),
        ("score", SCREENER | {"item_1": "1"}),
        ("score", SCREENER | {"item_6": "1", "item_6_recent": "0"}),
        ("suicide", {"questions.suicidal_thoughts": "yes", "source": "patient"}),
        ("suicide", {"questions.suicide_risk_high": "yes", "source": "Dr Glass"}),
    ],
)
def test_a_sign_of_suicide_leads_at_once_to_what_is_done_now(
    as_role: As, patient: Patient, what: str, data: dict[str, str]
) -> None:
    client = as_role("nurse")
    assert 'id="crisis"' not in shown(client, patient)
    answer = client.post(
        f"/patients/{patient.pk}/assessment/{what}/", {"command_id": str(uuid4()), **data}, follow=True
    )
    markup = answer.content.decode()
    sign = re.search(r'data-sign="(screening\.scr_25\w*)"', markup)
    assert sign is not None
    assert markup.index('id="crisis"') < markup.index('id="suicide-form"')
    assert html.escape(str(read().entry(sign.group(1)).data["resolves_by"])) in markup
    assert "Whom to call" in markup
    assert f'data-state="fires" data-rule="{sign.group(1)}"' in screened(client, patient)


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("score", PHQ),
        ("score", SCREENER),
        ("suicide", {"questions.suicidal_thoughts": "no", "questions.suicide_risk_high": "no", "source": "patient"}),
    ],
)
def test_without_a_sign_nothing_is_raised(as_role: As, patient: Patient, what: str, data: dict[str, str]) -> None:
    client = as_role("nurse")
    assert post(client, patient, what, **data).status_code == 302
    assert 'id="crisis"' not in shown(client, patient)


def test_a_sign_stands_until_a_clinician_says_what_was_done_and_a_new_one_asks_again(
    as_role: As, patient: Patient
) -> None:
    client = as_role("nurse")
    asked = {"questions.suicidal_thoughts": "yes", "source": "patient"}
    post(client, patient, "suicide", **asked)
    assert post(client, patient, "risk", done="").status_code == 422
    assert post(client, patient, "risk", done=" . ").status_code == 422
    assert post(client, patient, "risk", done="Dr Glass spoke with her; safety plan written").status_code == 302
    markup = shown(client, patient)
    assert 'id="crisis"' not in markup
    assert "safety plan written" in markup
    (kept,) = queries.care(patient.pk).risk_answers
    assert isinstance(kept.event, RiskAnswered)
    assert [one.rule for one in kept.event.findings] == ["screening.scr_25"]
    assert post(client, patient, "risk", done="again").status_code == 422
    post(client, patient, "suicide", **{"questions.suicide_risk_high": "yes", "source": "Dr Glass"})
    assert 'data-sign="screening.scr_25_high"' in shown(client, patient)


def test_the_page_never_says_who_may_be_treated(as_role: As, patient: Patient) -> None:
    client = as_role("prescriber")
    for data in (PHQ, PHQ | {"item_9": "3"}, AUDIT, MOCA, SCREENER):
        post(client, patient, "score", **data)
    for form in ("", *(one.id for one in instruments(read()))):
        words = shown(client, patient, form=form).lower()
        assert not any(said in words for said in ("eligible", "approved", "qualif", "safe to "))


def test_a_score_is_computed_from_its_answers_and_its_total_is_a_line_of_the_chart(
    as_role: As, patient: Patient
) -> None:
    client = as_role("nurse")
    assert post(client, patient, "score", **AUDIT).status_code == 302
    (kept,) = queries.care(patient.pk).scores
    assert isinstance(kept.event, ScoreRecorded)
    assert (kept.event.score.total, kept.event.score.method) == (4.0, "computed")
    assert kept.event.score.positive is True
    assert lines(patient) == {"observations.audit_c": ("unknown", 4.0)}
    markup = shown(client, patient)
    assert "screen positive" in markup
    assert "screening.scr_11" in markup


def test_what_a_questionnaire_asks_for_stands_beside_the_findings_until_a_newer_score(
    as_role: As, patient: Patient
) -> None:
    client = as_role("nurse")
    assert 'data-group="raised"' not in screened(client, patient)
    post(client, patient, "score", **AUDIT)
    assert 'data-flag="alcohol"' in screened(client, patient)
    post(client, patient, "score", **AUDIT | {"item_1": "0", "item_2": "0", "item_3": "0"})
    assert 'data-group="raised"' not in screened(client, patient)


def test_item_nine_is_a_line_of_its_own(as_role: As, patient: Patient) -> None:
    post(as_role("nurse"), patient, "score", **PHQ | {"item_9": "2"})
    assert lines(patient) == {"observations.phq9": ("unknown", 2.0), "observations.phq9_item9": ("unknown", 2.0)}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (AUDIT | {"item_2": ""}, "missing_item"),
        (PHQ | {"item_9": ""}, "missing_item"),
        (MOCA | {"total": "31"}, "out_of_range"),
        (MOCA | {"total": "24.5"}, "not_a_number"),
        (SCREENER | {"item_3": "1"}, "not_asked"),
        (AUDIT | {"item_1": "9"}, ""),
        (MOCA | {"total": ""}, ""),
        (MOCA | {"total": "24,5"}, ""),
        (AUDIT | {"done_on": "2026-11-21"}, ""),
        (AUDIT | {"source": ""}, ""),
        (AUDIT | {"form": "instruments.nonsense"}, "form_not_known"),
        (AUDIT | {"form": "instruments.kset"}, "form_not_known"),
    ],
)
def test_a_score_that_is_not_sound_is_not_recorded(
    as_role: As, patient: Patient, data: dict[str, str], code: str
) -> None:
    answer = post(as_role("nurse"), patient, "score", **data)
    assert answer.status_code == 422
    assert code in answer.content.decode()
    assert queries.care(patient.pk).scores == ()
    assert lines(patient) == {}


def test_a_form_whose_wording_may_not_be_shipped_shows_none(as_role: As, patient: Patient) -> None:
    client = as_role("nurse")
    for one in instruments(read()):
        markup = shown(client, patient, form=one.id)
        if one.licence in ("ASK", "NO") and one.method != "none":
            assert html.escape(one.loads, quote=False) in html.unescape(markup)
            assert all(not item.text or item.text in html.unescape(markup) for item in one.items)
        assert ("the clinic loads the wording" in markup) == any(
            not item.text and one.method == "items" for item in one.items
        )


def test_a_score_of_cognition_counts_as_the_test_that_asks_for_it(as_role: As, patient: Patient) -> None:
    client = as_role("nurse")
    assert post(client, patient, "score", **MOCA).status_code == 302
    assert lines(patient) == {"observations.cognition_score": ("unknown", 24.0)}
    assert "entered" in shown(client, patient)


@pytest.mark.parametrize(
    ("change", "status"),
    [({}, "yes"), ({"weighs": "no"}, "no"), ({"weighs": ""}, "unknown"), ({"weighs": "", "retains": "no"}, "no")],
)
def test_capacity_is_there_when_all_four_parts_are(
    as_role: As, patient: Patient, change: dict[str, str], status: str
) -> None:
    client = as_role("prescriber")
    assert post(client, patient, "capacity", **WHOLE | change).status_code == 302
    (kept,) = queries.care(patient.pk).capacities
    assert isinstance(kept.event, CapacityRecorded)
    assert kept.event.capacity.status == status
    assert lines(patient) == {"questions.capacity": (status, None)}
    assert f'data-capacity="{status}"' in shown(client, patient)
    stopped = 'data-state="fires" data-rule="screening.scr_02"' in screened(client, patient)
    assert stopped == (status == "no")


def test_capacity_that_is_not_there_is_never_recorded_without_words(as_role: As, patient: Patient) -> None:
    answer = post(as_role("prescriber"), patient, "capacity", **WHOLE | {"weighs": "no", "note": " "})
    assert answer.status_code == 422
    assert queries.care(patient.pk).capacities == ()


@pytest.mark.parametrize("role", ["pharmacist", "medical_director"])
def test_who_only_reads_records_nothing(as_role: As, patient: Patient, role: str) -> None:
    client = as_role(role)
    assert "record-score" not in shown(client, patient, form="audit_c")
    for what, data in (("score", AUDIT), ("capacity", WHOLE), ("suicide", {}), ("risk", {"done": "spoke"})):
        assert post(client, patient, what, **data).status_code == 403


def test_nobody_of_another_clinic_sees_or_records(as_role: As, patient: Patient) -> None:
    stranger = as_role("prescriber", side=1)
    assert stranger.get(f"/patients/{patient.pk}/assessment/").status_code in (403, 404)
    for what in ("score", "capacity", "suicide", "risk"):
        assert post(stranger, patient, what).status_code in (403, 404)


def test_a_licensed_form_is_asked_in_the_words_that_the_clinic_loaded(
    as_role: As, patient: Patient, tmp_path: Path, settings: LazySettings
) -> None:
    settings.NORKET_WORDS = tmp_path
    client = as_role("prescriber")
    assert "the clinic loads the wording" in shown(client, patient, form="instruments.peg")
    words = {"licence": "Letter 17", "language": "en", "items": {n: f"Own words {n}?" for n in "123"}}
    (tmp_path / "peg.yaml").write_text(yaml.safe_dump(words), encoding="utf-8")
    loaded = shown(client, patient, form="instruments.peg")
    assert "Own words 3?" in loaded
    assert "Letter 17" in loaded
    assert "the clinic loads the wording" not in loaded
