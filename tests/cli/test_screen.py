"""`norket screen`: the same findings for a chart and a bundle, without a server, and a plain word for a bad file."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from support.charts import BASE, ON, OUTPATIENT, healthy, own
from typer.testing import CliRunner, Result

from norket.cli import app
from norket.therapy.chart import Chart
from norket.therapy.screening import screen

SYNTHEA = Path(__file__).parents[3] / "shared" / "data" / "synthea"
BUNDLE = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [
        {
            "fullUrl": "urn:uuid:p",
            "resource": {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1970-01-01"},
        },
        {
            "resource": {
                "resourceType": "Condition",
                "subject": {"reference": "urn:uuid:p"},
                "clinicalStatus": {"coding": [{"code": "active"}]},
                "verificationStatus": {"coding": [{"code": "confirmed"}]},
                "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "H40.9"}]},
                "onsetDateTime": "2020-01-01",
            }
        },
        {"resource": {"resourceType": "Claim", "id": "c"}},
    ],
}


def norket(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["screen", *map(str, words)])


def written(folder: Path, document: Any) -> Path:
    path = folder / "chart.json"
    path.write_text(
        document.model_dump_json() if isinstance(document, Chart) else json.dumps(document), encoding="utf-8"
    )
    return path


def judged(path: Path, *words: str) -> dict[str, Any]:
    result = norket(path, "--on", "2027-03-01", "--json", *words)
    assert result.exit_code == 0, result.stderr
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def finding(document: dict[str, Any], rule: str) -> dict[str, Any]:
    (found,) = [each for each in document["findings"] if each["rule"] == rule]
    return dict(found)


def test_the_document_holds_what_the_contract_names(tmp_path: Path) -> None:
    document = judged(written(tmp_path, healthy()), "--route", "iv")
    assert document["edition"] == BASE.edition
    assert document["on"] == "2027-03-01"
    assert document["not_read"] == document["not_classified"] == []
    for found in document["findings"]:
        assert {"rule", "action", "state", "why", "resolves_by", "sources"} <= found.keys()
        assert found["state"] in ("fires", "clear", "unknown")


def test_the_findings_are_those_of_the_decision_itself(tmp_path: Path) -> None:
    chart = healthy(conditions=(own("conditions.glaucoma"),))
    session = ["--route", "iv", "--setting", "outpatient", "--indication", "trd", "--first", "--day-of"]
    document = judged(written(tmp_path, chart), *session)
    expected = screen(chart, base=BASE, on=ON, context=OUTPATIENT).findings
    assert document["findings"] == [each.model_dump(mode="json", exclude={"edition"}) for each in expected]


def test_a_bundle_is_read_as_a_chart_and_says_what_it_did_not_read(tmp_path: Path) -> None:
    document = judged(written(tmp_path, BUNDLE))
    assert finding(document, "screening.scr_15")["state"] == "fires"
    assert [each for each in document["not_read"] if "Claim" in each["resource"]]


@pytest.mark.parametrize(("day", "state"), [("2027-03-01", "fires"), ("2027-03-02", "clear")])
def test_the_day_of_the_session_decides(tmp_path: Path, day: str, state: str) -> None:
    infarct = {"system": "icd10cm", "code": "I21.9", "status": "yes", "onset": "2027-01-18", "at": "2027-01-20"}
    path = written(tmp_path, {"format": "chart-1", "conditions": [infarct]})
    result = norket(path, "--on", day, "--json")
    assert finding(json.loads(result.stdout), "screening.scr_05")["state"] == state


def test_without_a_day_it_is_judged_for_today(tmp_path: Path) -> None:
    from norket.site.clock import real

    day = json.loads(norket(written(tmp_path, healthy()), "--json").stdout)["on"]
    assert abs((real().date() - type(ON).fromisoformat(day)).days) <= 1


def test_for_people_it_lists_what_is_open_with_code_reason_figure_and_way_out(tmp_path: Path) -> None:
    path = written(tmp_path, healthy(conditions=(own("conditions.major_cv_event", onset=date(2027, 2, 1), at=None),)))
    result = norket(path, "--on", "2027-03-01")
    assert "BLOCK-HARD SCR-05  Recent cardiovascular event" in result.stdout
    assert "42 d; esketamine-eu-smpc" in result.stdout
    assert "→ Its day, from a letter" in result.stdout
    assert "nothing against it" not in result.stdout
    assert "nothing against it" in norket(path, "--on", "2027-03-01", "--all").stdout
    assert BASE.edition in result.stdout


def test_what_no_rule_knows_is_listed_once_with_how_often_it_stands_there(tmp_path: Path) -> None:
    thumb = {"text": "Sore thumb", "status": "yes"}
    path = written(tmp_path, {"conditions": [thumb, {"text": "Hiccups", "status": "yes"}, thumb]})
    lines = norket(path, "--on", "2027-03-01").stdout.splitlines()
    assert [line for line in lines if "no rule knows" in line] == [
        "no rule knows: Sore thumb (2 times)",
        "no rule knows: Hiccups",
    ]
    assert len(judged(path)["not_classified"]) == 3


def test_a_figure_that_is_a_plain_number_or_a_multiple_is_shown_as_people_say_it(tmp_path: Path) -> None:
    liver = own("observations.alt", value=130.0, unit="U/L", reference_high=40.0)
    risks = (own("conditions.hypertension"), own("conditions.diabetes"))
    stdout = norket(
        written(tmp_path, healthy(conditions=risks, observations=(liver,))), "--on", "2027-03-01", "--all"
    ).stdout
    assert "3 times the upper limit" in stdout
    assert "at least 2; " in stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "this is no JSON"),
        ("", "this is no JSON"),
        ("[]", "this chart cannot be read"),
        ('{"format": "chart-2"}', "format: "),
        ('{"conditions": [{"text": "x", "status": "maybe"}], "sex": "f"}', "conditions.0.status: "),
        ('{"resourceType": "Patient"}', "Bundle is needed"),
        ('{"resourceType": "Bundle"}', ""),
        ("[" * 100_000, "this is no JSON"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_plain_words(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text, encoding="utf-8")
    result = norket(path, "--on", "2027-03-01", "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert "bad.json" in result.stderr
    assert "Traceback" not in result.stderr


def test_every_fault_of_a_chart_is_named_at_once(tmp_path: Path) -> None:
    document = {"patient": {"sex": "f"}, "answers": [{}], "problems": []}
    stderr = norket(written(tmp_path, document), "--on", "2027-03-01").stderr
    assert all(place in stderr for place in ("patient.sex: ", "answers.0: ", "problems: "))


def test_a_file_in_another_encoding_and_a_file_that_is_not_there_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "latin.json"
    path.write_bytes('{"conditions": [{"text": "Phäochromozytom"}]}'.encode("latin-1"))
    assert "not UTF-8 at byte" in norket(path, "--on", "2027-03-01").stderr
    assert norket(tmp_path / "none.json", "--on", "2027-03-01").exit_code == 2
    assert norket(tmp_path, "--on", "2027-03-01").exit_code == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--on", "1 March"], "--on takes a day"),
        (["--route", "rectal"], "--route takes one of iv, im"),
        (["--setting", "spa"], "--setting takes one of inpatient"),
        (["--drug", "esketamin"], "--drug takes one of ketamine, esketamine"),
        (["--indication", "sadness"], "--indication takes one of trd"),
    ],
)
def test_a_word_that_is_not_known_is_refused_with_those_that_are(tmp_path: Path, words: list[str], said: str) -> None:
    result = norket(written(tmp_path, healthy()), "--on", "2027-03-01", *words)
    assert result.exit_code == 2
    assert said in result.stderr


def test_it_runs_without_the_framework(tmp_path: Path) -> None:
    path = written(tmp_path, BUNDLE)
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['django', 'ninja', 'numba']))\n"
        f"sys.argv = ['norket', 'screen', {str(path)!r}, '--on', '2027-03-01', '--json']\n"
        "from norket.cli import app\napp()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["findings"]


@pytest.mark.skipif(not SYNTHEA.is_dir(), reason=f"no bundles of Synthea in {SYNTHEA}")
def test_every_synthetic_patient_is_screened_whole() -> None:
    paths = sorted(SYNTHEA.glob("*.json"))
    assert len(paths) == 11
    for path in paths:
        document = judged(path, "--route", "iv")
        assert finding(document, "screening.scr_29")["state"] == "fires"
        assert not [
            each
            for each in document["findings"]
            if each["state"] == "clear" and each["action"] == "HOLD" and not each["why"]
        ]
