"""Several models at once: who counts, who does not and why, what the mixture and the envelope hold."""

import numpy as np
import pytest

import norket
from norket.pharmacology.ensemble import ENSEMBLE, membership
from norket.pharmacology.envelope import ANY_SITE
from norket.pharmacology.models import model_ids
from norket.pharmacology.refusals import NotCoveredError

INFUSION = ["0.5 mg/kg iv over 40 min"]
TIMES = [0.0, 10.0, 40.0, 60.0, 240.0]


def asked(kind: str, patient: norket.Patient, doses: list[str] = INFUSION, draws: int = 60) -> norket.Prediction:
    return norket.predict(patient, doses, model=kind, times_min=TIMES, draws=draws)


@pytest.fixture(scope="module")
def mixed(patient: norket.Patient) -> norket.Prediction:
    return asked("ensemble", patient)


@pytest.fixture(scope="module")
def beside(patient: norket.Patient) -> norket.Prediction:
    return asked("all", patient)


def test_every_model_answers_or_is_left_out_with_a_reason(beside: norket.Prediction) -> None:
    together = beside.together
    assert together is not None
    answering = {track.model for track in beside.tracks}
    left_out = {one.model for one in together.left_out}
    assert answering == {*together.members, *together.apart}
    assert answering | left_out == set(model_ids())
    assert not answering & left_out
    assert all(one.why and one.code for one in together.left_out)


def test_side_by_side_the_default_model_comes_first_and_there_is_no_mixture(beside: norket.Prediction) -> None:
    assert (beside.ketamine.model, beside.ketamine.site) == ("kamp_2020", "arterial")
    assert beside.norketamine.model == "otto_2021"
    assert ENSEMBLE not in {track.model for track in beside.tracks}
    assert beside.to_json()["model"] == "kamp_2020"


def test_a_track_side_by_side_is_the_one_that_the_model_gives_alone(
    beside: norket.Prediction, patient: norket.Patient
) -> None:
    alone = asked("simons_2022", patient)
    for name in ("ketamine", "norketamine", "hydroxynorketamine", "s_ketamine"):
        one, other = beside.track(name, model="simons_2022"), alone.track(name)
        assert (one.typical == other.typical).all()
        assert (one.p95 == other.p95).all()


def test_the_ensemble_comes_first_and_says_that_the_weights_are_equal(mixed: norket.Prediction) -> None:
    assert mixed.tracks[0].model == ENSEMBLE
    assert mixed.to_json()["model"] == ENSEMBLE
    assert mixed.ketamine.assumption.startswith("mixture with equal weights of kamp_2020, simons_2022")
    assert any("equal weights" in text for text in mixed.warnings)


def test_arterial_and_venous_models_are_never_mixed(mixed: norket.Prediction) -> None:
    sites = {
        track.model: track.site for track in mixed.tracks if track.analyte == "ketamine" and track.model != ENSEMBLE
    }
    for track in mixed.tracks:
        if track.model == ENSEMBLE and track.analyte == "ketamine":
            parts = track.assumption.split(";")[0].removeprefix("mixture with equal weights of ").split(", ")
            assert {sites[part] for part in parts} == {track.site}


def test_a_mixture_is_the_virtual_patients_of_its_models_together(mixed: norket.Prediction) -> None:
    pooled = mixed.individuals("ketamine", model=ENSEMBLE, site="venous")
    parts = [mixed.individuals("ketamine", model=name) for name in ("otto_2021", "ashraf_2018", "perez_ruixo_2021")]
    assert (pooled == np.concatenate(parts, axis=1)).all()
    track = mixed.track("ketamine", model=ENSEMBLE, site="venous")
    for percentile, curve in ((5, track.p5), (50, track.p50), (95, track.p95)):
        assert curve == pytest.approx(np.percentile(pooled, percentile, axis=1), rel=1e-12)
    means = [mixed.track("ketamine", model=name).typical for name in ("otto_2021", "ashraf_2018", "perez_ruixo_2021")]
    assert track.typical == pytest.approx(np.mean(means, axis=0), rel=1e-12)


def test_the_mixture_lies_inside_the_envelope_and_the_envelope_holds_every_member(mixed: norket.Prediction) -> None:
    together = mixed.together
    assert together is not None
    for envelope in together.envelopes:
        own = [t for t in mixed.tracks if t.analyte == envelope.analyte and t.model in envelope.models]
        own = [t for t in own if envelope.site in (t.site, ANY_SITE)]
        assert (envelope.low == np.min([track.p5 for track in own], axis=0)).all()
        assert (envelope.high == np.max([track.p95 for track in own], axis=0)).all()
        assert (envelope.typical_low <= envelope.typical_high).all()
        for track in mixed.tracks:
            if track.model == ENSEMBLE and (track.analyte, track.site) == (envelope.analyte, envelope.site):
                assert (track.p5 >= envelope.low * (1 - 1e-12)).all()
                assert (track.p95 <= envelope.high * (1 + 1e-12)).all()


def test_models_for_compatibility_are_shown_and_do_not_count(beside: norket.Prediction) -> None:
    together = beside.together
    assert together is not None
    assert {"domino_1984", "clements_1981", "hijazi_2003"} <= set(together.apart)
    assert not set(together.apart) & set(together.members)
    assert not any(set(together.apart) & set(envelope.models) for envelope in together.envelopes)
    assert set(membership().apart) <= set(model_ids())


def test_a_model_of_children_never_answers_for_an_adult_nor_the_reverse(beside: norket.Prediction) -> None:
    assert beside.together is not None
    assert {"herd_2007", "flint_2017", "brunette_2011"} <= {one.model for one in beside.together.left_out}
    child = asked("ensemble", norket.Patient(20, 6, "male"), ["1 mg/kg iv over 10 min"])
    assert child.together is not None
    assert child.together.members == ("herd_2007",)
    assert child.together.apart == ("flint_2017",)
    assert {one.model: one.code for one in child.together.left_out}["brunette_2011"] == "counted_once"
    assert "kamp_2020" in {one.model for one in child.together.left_out}


def test_a_composite_is_counted_once_only(patient: norket.Patient, beside: norket.Prediction) -> None:
    assert beside.together is not None
    reasons = {one.model: one.code for one in beside.together.left_out}
    assert reasons["adult_venous"] == reasons["adult_arterial"] == "counted_once"
    by_muscle = asked("all", patient, ["35 mg im"])
    assert by_muscle.together is not None
    assert {"adult_venous", "adult_arterial"} <= set(by_muscle.together.members)


def test_shares_of_the_mixture_add_up_to_its_typical_curve(patient: norket.Patient) -> None:
    found = asked("ensemble", patient, [*INFUSION, "10 mg iv over 5 min at 60 min"], draws=5)
    parts = np.sum([share["ketamine"] for share in found.shares], axis=0)
    assert parts == pytest.approx(found.ketamine.typical, rel=1e-9)


def test_the_summary_of_the_mixture_is_that_of_its_mean_curve(mixed: norket.Prediction) -> None:
    alone = [mixed.track("ketamine", model=name).typical[2] for name in ("kamp_2020", "simons_2022")]
    summary = mixed.summaries["ketamine"]
    assert summary.cmax_ng_ml == pytest.approx(np.mean(alone), rel=1e-6)
    assert summary.tmax_min == pytest.approx(40.0)
    areas = [run.summary("ketamine").auc_ng_h_ml for run in mixed.runs if run.model_id in ("kamp_2020", "simons_2022")]
    assert summary.auc_ng_h_ml == pytest.approx(np.mean(areas))
    assert mixed.auc_ng_h_ml("ketamine", 240.0) < summary.auc_ng_h_ml


def test_nothing_is_read_just_after_a_bolus(patient: norket.Patient) -> None:
    found = asked("ensemble", patient, ["10 mg iv"], draws=5)
    assert found.unread_min == ((0.0, 5.0),)
    assert any("no peak in the first minutes" in text for text in found.warnings)
    assert not any("no peak in the first minutes" in text for text in asked("ensemble", patient, draws=5).warnings)


def test_the_document_keeps_its_shape_and_adds_the_envelope_and_who_is_left_out(mixed: norket.Prediction) -> None:
    document = mixed.to_json()
    alone = {
        "model",
        "site",
        "times_min",
        "ketamine_ng_ml",
        "norketamine_ng_ml",
        "effect_site_ng_ml",
        "summary",
        "tracks",
    }
    assert alone <= set(document)
    assert document["site"] == "arterial"
    assert {"envelope", "left_out", "members", "apart"} <= set(document)
    assert {one["site"] for one in document["envelope"] if one["analyte"] == "ketamine"} == {
        "arterial",
        "venous",
        "any site",
    }


def test_the_same_seed_gives_the_same_mixture(mixed: norket.Prediction, patient: norket.Patient) -> None:
    again = asked("ensemble", patient)
    assert (again.ketamine.p95 == mixed.ketamine.p95).all()


def test_without_a_model_that_counts_there_is_no_answer(patient: norket.Patient) -> None:
    with pytest.raises(NotCoveredError, match="no model that counts"):
        asked("ensemble", norket.Patient(300, 45, "female"))


def test_models_apart_answer_side_by_side_but_make_no_ensemble() -> None:
    infant = norket.Patient(6.0, 0.6, "female")
    beside = asked("all", infant, ["0.5 mg/kg/h iv for 8 h"], draws=5)
    assert beside.together is not None
    assert (beside.together.members, beside.together.apart) == ((), ("flint_2017",))
    assert beside.together.envelopes == ()
    with pytest.raises(NotCoveredError, match="by name only: flint_2017"):
        asked("ensemble", infant, ["0.5 mg/kg/h iv for 8 h"], draws=5)


def test_every_column_of_a_table_has_a_name_of_its_own(mixed: norket.Prediction) -> None:
    names, rows = mixed.table()
    assert len(set(names)) == len(names) == len(rows[0])
    assert {"ketamine_ensemble_arterial_p50_ng_ml", "ketamine_kamp_2020_p50_ng_ml"} <= set(names)


def test_a_model_of_one_kind_alone_is_asked_by_its_name_only(patient: norket.Patient) -> None:
    with pytest.raises(NotCoveredError, match="there is no model 'both'"):
        asked("both", patient)
