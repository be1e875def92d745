"""`norket simulate` and `norket models`, as a shell sees them."""

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from norket.cli import app

PATIENT = ["--weight", "70", "--age", "45", "--sex", "female"]
HALF = ["--dose", "0.5 mg/kg iv over 40 min"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments])


def test_json_is_one_document_and_nothing_else() -> None:
    done = run("simulate", *HALF, *PATIENT, "--json", "--at", "10,40,60", "--draws", "50")
    assert (done.exit_code, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert document["times_min"] == [10, 40, 60]
    assert document["ketamine_ng_ml"]["typical"] == pytest.approx([154.532, 253.052, 95.860], rel=1e-5)


def test_peak_and_area_do_not_stop_at_the_last_time_asked_for() -> None:
    done = run("simulate", *HALF, *PATIENT, "--json", "--at", "10", "--draws", "5")
    summary = json.loads(done.stdout)["summary"]["ketamine"]
    assert (summary["cmax_ng_ml"], summary["tmax_min"]) == (pytest.approx(253.052, rel=1e-5), pytest.approx(40))
    assert (summary["auc_ng_h_ml"], summary["auc"]) == (pytest.approx(416.667, rel=1e-6), "0-inf")
    text = run("simulate", *HALF, *PATIENT, "--at", "10", "--draws", "5").stdout
    for words in ("253.1", "416.7", "AUC 0-inf"):
        assert words in text


def test_text_shows_summary_band_warnings_and_sources() -> None:
    done = run("simulate", *HALF, *PATIENT, "--draws", "50")
    assert done.exit_code == 0
    for words in ("253.1", "arterial", "Warnings", "borrowed", "Sources", "otto-2021", "Knowledge"):
        assert words in done.stdout


def test_until_and_every_make_the_times() -> None:
    done = run("simulate", *HALF, *PATIENT, "--json", "--until", "2", "--every", "30", "--draws", "5")
    assert json.loads(done.stdout)["times_min"] == [0, 30, 60, 90, 120]


def test_doses_repeat_and_the_model_can_be_named() -> None:
    two = [*HALF, "--dose", "10 mg iv at 90 min"]
    done = run("simulate", *two, *PATIENT, "--json", "--model", "otto_2021", "--draws", "5")
    document = json.loads(done.stdout)
    assert [dose["amount_mg"] for dose in document["doses"]] == [35, 10]
    assert (document["model"], document["site"]) == ("otto_2021", "venous")


def test_curves_go_to_a_table_and_a_picture(tmp_path: Path) -> None:
    table, picture = tmp_path / "curve.csv", tmp_path / "curve.png"
    done = run("simulate", *HALF, *PATIENT, "--until", "1", "--csv", str(table), "--plot", str(picture), "--draws", "9")
    assert done.exit_code == 0
    rows = list(csv.DictReader(table.open(encoding="utf-8")))
    assert len(rows) == 61
    assert float(rows[40]["ketamine_kamp_2020_typical_ng_ml"]) == pytest.approx(253.052, rel=1e-5)
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--dose", "0.5 mg/kg iv for 40 min", *PATIENT], "Two readings"),
        (["--dose", "35 mg im", *PATIENT, "--model", "kamp_2020"], "'im'"),
        ([*HALF, *PATIENT, "--with", "sugar"], "sugar"),
        ([*HALF, *PATIENT, "--covariate", "race=japanese"], "race"),
        ([*HALF, *PATIENT, "--covariate", "race"], "NAME=VALUE"),
        ([*HALF, *PATIENT, "--model", "domino"], "kamp_2020"),
        ([*HALF, *PATIENT, "--at", "10,x"], "a number"),
        ([*HALF, *PATIENT, "--at", "40,10"], "later than"),
        ([*HALF, *PATIENT, "--at", "10", "--until", "2"], "--at"),
        ([*HALF, *PATIENT, "--every", "2"], "--until"),
        ([*HALF, *PATIENT, "--until", "9999", "--every", "0.001"], "at most"),
        ([*HALF, *PATIENT, "--draws", "0"], "draws"),
        ([*HALF, *PATIENT, "--plot", "curve.xyz"], "ending"),
        ([*HALF, *PATIENT, "--log"], "--plot"),
        ([*HALF, *PATIENT, "--target", "analgesia"], "--plot"),
        ([*HALF, *PATIENT, "--plot", "curve.png", "--target", "euphoria"], "analgesia"),
        ([*HALF, *PATIENT, "--model", "both"], "kamp_2020"),
        ([*HALF, *PATIENT, "--csv", "/nowhere/at/all.csv"], "/nowhere"),
        ([*HALF, "--weight", "1e3", "--age", "45", "--sex", "male"], "a number"),
        ([*HALF, "--weight", "٧٠", "--age", "45", "--sex", "male"], "a number"),
        ([*HALF, "--weight", "300", "--age", "45", "--sex", "male"], "weight"),
        ([*HALF, "--weight", "70", "--age", "12", "--sex", "male"], "covers ages from 18"),
        ([*HALF, "--weight", "70", "--age", "45", "--sex", "other"], "sex"),
        ([*HALF, "--age", "45", "--sex", "male"], "--weight"),
        (PATIENT, "--dose"),
    ],
)
def test_a_refusal_is_a_message_on_stderr_and_status_2(arguments: list[str], words: str) -> None:
    done = run("simulate", *arguments, "--json")
    assert done.exit_code == 2
    assert words in done.stderr
    assert done.stdout == ""


def test_all_models_stand_side_by_side_with_those_that_do_not_answer() -> None:
    done = run("simulate", *HALF, *PATIENT, "--model", "all", "--at", "10,40", "--draws", "20")
    assert done.exit_code == 0
    for words in (
        "kamp_2020 (arterial)",
        "otto_2021 (venous)",
        "any site",
        "Models that do not answer",
        "herd_2007 covers",
    ):
        assert words in done.stdout
    assert "Ensemble" not in done.stdout


def test_the_ensemble_is_the_main_model_of_its_document() -> None:
    done = run("simulate", *HALF, *PATIENT, "--model", "ensemble", "--at", "10,40", "--draws", "20", "--json")
    document = json.loads(done.stdout)
    assert (document["model"], document["site"]) == ("ensemble", "arterial")
    assert {"kamp_2020", "otto_2021", "simons_2022"} <= set(document["members"])
    typical = [track["typical"][1] for track in document["tracks"] if track["analyte"] == "ketamine"]
    ends = next(one for one in document["envelope"] if (one["analyte"], one["site"]) == ("ketamine", "any site"))
    assert ends["low"][1] < min(typical[2:]) < max(typical[2:]) < ends["high"][1]


def test_the_ensemble_is_told_before_its_models() -> None:
    told = run("simulate", *HALF, *PATIENT, "--model", "ensemble", "--at", "10,40", "--draws", "20").stdout
    assert told.index("Ensemble, equal weights") < told.index("Typical patient, ketamine, ng/mL")


def test_a_peak_just_after_a_bolus_is_not_printed() -> None:
    bolus = run("simulate", "--dose", "10 mg iv", *PATIENT, "--draws", "5").stdout
    assert "just after a bolus: not to be read" in bolus
    assert "just after a bolus: not to be read" not in run("simulate", *HALF, *PATIENT, "--draws", "5").stdout


def test_effects_are_told_with_their_driver_and_go_into_the_document() -> None:
    told = run("simulate", *HALF, *PATIENT, "--effects", "--draws", "20").stdout
    for words in ("Effects at their highest", "Systolic pressure", "venous ketamine (otto_2021)"):
        assert words in told
    document = json.loads(run("simulate", *HALF, *PATIENT, "--effects", "--draws", "20", "--json").stdout)
    assert document["effects"]["systolic_pressure"]["unit"] == "mmHg"
    assert document["effects_left_out"]
    assert "effects" not in json.loads(run("simulate", *HALF, *PATIENT, "--draws", "20", "--json").stdout)


def test_a_logarithmic_picture_with_a_target_is_written(tmp_path: Path) -> None:
    picture = tmp_path / "curve.svg"
    done = run("simulate", *HALF, *PATIENT, "--draws", "9", "--plot", str(picture), "--log", "--target", "analgesia")
    assert done.exit_code == 0
    assert "analgesia 70–160 ng/mL" in picture.read_text(encoding="utf-8")


def test_times_that_are_printed_hold_the_end_of_every_dose_and_round_times() -> None:
    told = run("simulate", "--dose", "20 mg iv over 33 min", *PATIENT, "--draws", "5").stdout
    minutes = [line.split()[0] for line in told.splitlines() if line.startswith("  ") and line.split()[0].isdigit()]
    assert minutes[:6] == ["0", "10", "20", "30", "33", "60"]


def test_the_list_of_models_names_each_with_its_site() -> None:
    done = run("models")
    assert done.exit_code == 0
    assert "kamp_2020" in done.stdout
    assert "venous" in done.stdout
    assert {card["id"] for card in json.loads(run("models", "--json").stdout)} >= {"kamp_2020", "otto_2021"}


def test_a_card_shows_figures_with_units_sources_and_limits() -> None:
    done = run("models", "otto_2021")
    for words in ("95.2 L/h", "covariance.V1.CL", "Known limits", "fanta-2015", "to 170"):
        assert words in done.stdout
    assert json.loads(run("models", "otto_2021", "--json").stdout)["site"] == "venous"


def test_the_list_shows_routes_analytes_site_and_population() -> None:
    told = run("models").stdout
    row = next(line for line in told.splitlines() if line.strip().startswith("simons_2022"))
    for words in ("iv sublingual", "ketamine, norketamine, hydroxynorketamine", "arterial", "oral thin film"):
        assert words in row
    assert "820 people" in told


def test_a_card_says_how_the_model_stood_up_to_published_data() -> None:
    assert "24 inside, 2 outside" in run("models", "otto_2021").stdout
    found = json.loads(run("models", "perez_ruixo_2021", "--json").stdout)["validation"]
    assert found["rows"] == [7, 8, 21]
    assert found["inside"] == found["same_data"] + 1


def test_an_unknown_card_is_refused() -> None:
    done = run("models", "domino")
    assert done.exit_code == 2
    assert "otto_2021" in done.stderr
