"""The review of medicines: every line ends somewhere, by the planned route, and nobody is told to end a medicine."""

from datetime import date
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from norket import knowledge
from norket.knowledge.criteria import Route
from norket.therapy.chart import Chart, MedicineItem
from norket.therapy.medicines import MedicineLine, advises_ending, review
from norket.therapy.medicines.review import STRICTEST
from norket.therapy.screening import Context

BASE = knowledge.read()
ON = date(2027, 3, 1)
NAMES = sorted({name for entry in BASE.of_kind("class") for name in entry.data.get("names", ())})


def taken(text: str, **more: object) -> MedicineItem:
    return MedicineItem.model_validate({"text": text, "status": "yes", "at": ON, **more})


def lines(*medicines: MedicineItem, route: Route | None = "iv", **context: object) -> tuple[MedicineLine, ...]:
    chart = Chart(medicines=medicines)
    return review(chart, base=BASE, on=ON, context=Context(route=route, **context))  # type: ignore[arg-type]


def line(medicine: MedicineItem, route: Route | None = "iv", **context: object) -> MedicineLine:
    (one,) = lines(medicine, route=route, **context)
    return one


def test_a_medicine_that_no_class_knows_is_reviewed() -> None:
    found = line(taken("the blue one"))
    assert (found.verdict, found.classes) == ("review", ())
    assert "No rule knows this medicine" in found.why[0]


def test_a_medicine_of_which_no_rule_speaks_is_reviewed() -> None:
    found = line(taken("insulin glargine"))
    assert found.verdict == "review"
    assert "No rule speaks of this medicine" in found.why[0]


def test_an_antidepressant_goes_on() -> None:
    assert line(taken("Sertraline 50 MG Oral Tablet")).verdict == "continue"


@pytest.mark.parametrize(("dose_mg", "verdict"), [(2.1, "hold"), (0.5, "hold")])
def test_a_benzodiazepine_is_held_above_the_limit_and_below_it_while_the_list_may_not_be_whole(
    dose_mg: float, verdict: str
) -> None:
    assert line(taken("lorazepam", daily_dose=dose_mg, daily_unit="mg")).verdict == verdict


def test_a_benzodiazepine_below_the_limit_goes_on_when_the_list_is_whole() -> None:
    chart = Chart.model_validate(
        {
            "medicines": [{"text": "lorazepam", "status": "yes", "daily_dose": 1.0, "daily_unit": "mg"}],
            "answers": [{"system": "norket", "code": "questions.medicines_complete", "status": "yes", "at": ON}],
        },
        strict=False,
    )
    (found,) = review(chart, base=BASE, on=ON, context=Context(route="iv"))
    assert found.verdict == "continue"
    assert "Benzodiazepines and z-drugs together, as oral lorazepam: 1 mg a day" in found.why


def test_a_dose_that_is_not_known_is_never_zero() -> None:
    found = line(taken("lorazepam"))
    assert found.verdict == "hold"
    assert any("at least 0 mg" in said for said in found.why)
    assert any("Not known yet" in said for said in found.why)


def test_clarithromycin_is_held_by_mouth_and_looked_at_by_vein() -> None:
    by_mouth, by_vein = line(taken("clarithromycin"), "oral"), line(taken("clarithromycin"), "iv")
    assert (by_mouth.verdict, by_vein.verdict) == ("hold", "review")
    assert by_mouth.strength[0].area is not None
    assert by_vein.strength[0].area is not None
    assert by_mouth.strength[0].area.typical == pytest.approx(2.6, rel=0.01)
    assert by_vein.strength[0].area.typical < 1.35
    assert by_mouth.strength[0].measured == (2.6,)
    assert by_vein.strength[0].measured == ()


def test_the_strength_is_computed_anew_for_every_route() -> None:
    typical = {route: line(taken("ticlopidine"), route).strength[0].area for route in get_args(Route)}
    numbers = [area.typical for area in typical.values() if area is not None]
    assert len(numbers) == len(typical)
    assert typical["oral"].typical == max(numbers)  # type: ignore[union-attr]
    assert line(taken("ticlopidine"), "intranasal").strength[0].measured == (1.29,)


def test_without_a_route_an_inhibitor_is_held_and_has_no_ratio() -> None:
    found = line(taken("clarithromycin"), None)
    assert found.verdict == "hold"
    assert found.strength[0].area is None


def test_a_nasal_steroid_moves_in_time_for_a_nasal_dose_only() -> None:
    assert line(taken("fluticasone nasal"), "intranasal").verdict == "time_shift"
    assert line(taken("fluticasone nasal"), "iv").verdict == "continue"


def test_of_several_rules_the_strictest_wins_and_all_reasons_are_shown() -> None:
    found = line(taken("diazepam / naltrexone", daily_dose=5.0, daily_unit="mg"))
    assert found.verdict == "hold"
    rules = {reason.finding.rule for reason in found.reasons}
    assert {"medicines.med_01", "medicines.med_04"} <= rules
    assert [STRICTEST.index(r.verdict) for r in found.reasons] == sorted(
        (STRICTEST.index(r.verdict) for r in found.reasons), reverse=True
    )
    assert all(reason.says in found.why for reason in found.reasons if reason.says)


def test_the_same_person_may_have_a_diagnosis_to_treat_and_naltrexone_that_holds() -> None:
    found = line(taken("Vivitrol", last_taken=date(2027, 2, 10)), indication="aud")
    assert found.verdict == "hold"
    said = " ".join(found.why)
    assert "naltrexone goes on as prescribed" in said
    assert advises_ending(said, BASE) == ()


def test_a_medicine_that_was_ended_stays_in_the_list_while_it_may_act() -> None:
    recent = taken("phenelzine", status="no", last_taken=date(2027, 2, 15))
    long_ago = taken("phenelzine", status="no", last_taken=date(2027, 2, 14))
    assert [each.verdict for each in lines(recent)] == ["hold"]
    assert lines(recent)[0].opening.startswith("No longer taken")
    sertraline = taken("sertraline", status="no")
    assert lines(sertraline) == ()
    assert all(each.reasons[0].finding.state == "unknown" for each in lines(long_ago))


def test_an_inducer_that_was_ended_two_weeks_ago_still_counts_by_mouth() -> None:
    ended = taken("rifampicin", status="no", last_taken=date(2027, 2, 15))
    assert [each.verdict for each in lines(ended, route="oral")] == ["hold"]
    assert lines(ended, route="iv") == ()


def test_every_line_cites_its_sources() -> None:
    assert {"hagelberg-2010", "ashraf-2018"} <= set(line(taken("clarithromycin"), "oral").sources)


medicines = st.builds(
    lambda text, status, dose, unit, last: MedicineItem(
        text=text, status=status, daily_dose=dose, daily_unit=unit, last_taken=last
    ),
    text=st.one_of(
        st.sampled_from(NAMES),
        st.builds("{} {} MG Oral Tablet".format, st.sampled_from(NAMES), st.integers(1, 500)),
        st.text(min_size=1, max_size=20).filter(str.strip),
    ),
    status=st.sampled_from(["yes", "no", "unknown"]),
    dose=st.one_of(st.none(), st.floats(0, 1000)),
    unit=st.sampled_from([None, "mg", "mg/d", "ug/h", "g"]),
    last=st.one_of(st.none(), st.dates(date(2026, 1, 1), date(2027, 3, 1))),
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(medicines, min_size=1, max_size=5),
    st.one_of(st.none(), st.sampled_from(get_args(Route))),
    st.one_of(st.none(), st.booleans()),
)
def test_no_chart_makes_the_review_advise_ending_a_medicine_and_no_line_is_lost(
    taking: list[MedicineItem], route: Route | None, day_of: bool | None
) -> None:
    found = lines(*taking, route=route, day_of=day_of)
    assert {each.place for each in found} >= {n for n, item in enumerate(taking) if item.status != "no"}
    for each in found:
        assert each.verdict in STRICTEST
        own = [each.opening, *(reason.says for reason in each.reasons), *each.amounts, *map(str, each.strength)]
        for said in own:
            assert advises_ending(said, BASE) == ()
        assert each.reasons or each.verdict == "review"
        assert all(STRICTEST.index(r.verdict) <= STRICTEST.index(each.verdict) for r in each.reasons)
