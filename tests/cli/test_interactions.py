"""`norket interactions` and `simulate --with`: what another drug does, with its range and its sources, or a refusal."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from norket.cli import app
from norket.pharmacology.interactions import known

PERSON = ("--weight", "70", "--age", "30", "--sex", "female", "--draws", "20")


def norket(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_the_list_has_a_line_for_every_drug_that_is_known() -> None:
    result = norket("interactions")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines] == [one.drug for one in known()]


def test_one_drug_shows_every_route_what_was_measured_and_what_is_not_met() -> None:
    result = norket("interactions", "clarithromycin")
    assert result.exit_code == 0
    for said in ("intranasal", "sublingual", "area 2.6, peak 3.6", "Not met by this structure", "hagelberg-2010"):
        assert said in result.stdout
    assert "to be signed" in result.stdout


def test_a_refuted_explanation_is_shown_as_one() -> None:
    assert "refuted: gut wall blocked alone" in norket("interactions", "grapefruit juice").stdout


@pytest.mark.parametrize("drug", [one.drug for one in known()])
def test_json_is_one_document_with_a_range_around_every_ratio(drug: str) -> None:
    document = json.loads(norket("interactions", drug, "--json").stdout)
    assert document["drug"] == drug
    assert ("routes" in document) is (document["kind"] == "curve")
    for ratios in document.get("routes", {}).values():
        for span in ratios.values():
            assert span["low"] <= span["typical"] <= span["high"]


def test_json_without_a_drug_is_the_whole_list() -> None:
    assert len(json.loads(norket("interactions", "--json").stdout)) == len(known())


def test_weight_moves_the_ratios_little() -> None:
    def by_vein(weight: str) -> float:
        document = json.loads(norket("interactions", "ticlopidine", "--weight", weight, "--json").stdout)
        return float(document["routes"]["iv"]["auc_ratio"]["typical"])

    assert by_vein("50") != by_vein("88")
    assert by_vein("50") == pytest.approx(by_vein("88"), rel=0.1)


def test_an_unknown_drug_is_refused_with_those_that_are_known() -> None:
    result = norket("interactions", "aspirin")
    assert result.exit_code == 2
    assert "known are: clarithromycin" in result.stderr


def test_a_picture_is_written_and_an_unknown_ending_refused(tmp_path: Path) -> None:
    picture = tmp_path / "routes.png"
    assert norket("interactions", "--plot", str(picture)).exit_code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert norket("interactions", "--plot", str(tmp_path / "routes.doc")).exit_code == 2
    refused = norket("interactions", "diazepam", "--plot", str(picture))
    assert refused.exit_code == 2
    assert "nothing to draw" in refused.stderr


def test_simulate_with_a_drug_says_what_was_assumed() -> None:
    result = norket("simulate", "--dose", "0.25 mg/kg oral", "--with", "clarithromycin", *PERSON, "--json")
    document = json.loads(result.stdout)
    assert document["model"] == "ashraf_2018"
    assert any("Ashraf 2018 structure" in text and "0.44 to 0.65" in text for text in document["warnings"])
    assert "hagelberg-2010" in {source["key"] for source in document["sources"]}


def test_simulate_with_diazepam_gives_the_alert_and_the_usual_curve() -> None:
    dose = ("simulate", "--dose", "0.5 mg/kg iv over 40 min", *PERSON, "--json")
    plain, alerted = json.loads(norket(*dose).stdout), json.loads(norket(*dose, "--with", "diazepam").stdout)
    assert alerted["ketamine_ng_ml"] == plain["ketamine_ng_ml"]
    assert any("no change of the concentration" in text for text in alerted["warnings"])
    assert any(text.startswith("Alert") and "sedation" in text for text in alerted["warnings"])


def test_simulate_with_an_unknown_drug_is_refused() -> None:
    result = norket("simulate", "--dose", "0.25 mg/kg oral", "--with", "aspirin", *PERSON)
    assert result.exit_code == 2
    assert "no interaction with 'aspirin' is known here" in result.stderr
