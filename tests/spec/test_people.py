"""People who come to be treated, and what screening finds of each.

Each row is one invented person with every question answered and the list of medicines whole, screened at check-in of a
first infusion for depression outside a hospital unless it says otherwise. What is named is found, what is named as
absent is not, and nothing else blocks, holds or warns: a missing finding and a needless one both fail.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pytest
from support.charts import BASE, ON, OUTPATIENT, answers, healthy, measured, medicine, own

from norket.therapy.chart import Chart, Item, Patient
from norket.therapy.medicines import review
from norket.therapy.medicines.wording import advises_ending
from norket.therapy.screening import Context, screen

BPD, AUD, OUD = (replace(OUTPATIENT, indication=key) for key in ("bpd", "aud", "oud"))
MAN = Patient(birth_date=date(1975, 5, 5), sex="male", pregnancy_potential="no")
# What every check-in asks for, whoever it is: found in the healthy person below, and left out of the rows.
ALWAYS = frozenset({"indications.ind_04", "medicines.med_20", "tests.tst_03"})
LOUD = frozenset({"BLOCK-HARD", "BLOCK", "HOLD", "WARN"})


def told(**changed: str | None) -> tuple[Item, ...]:
    return answers(**({"medicines_complete": "yes"} | changed))


def icd(code: str, **more: Any) -> Item:
    return Item(**({"system": "icd10cm", "code": code, "status": "yes", "at": ON, "source": "letter"} | more))


def person(**parts: Any) -> Chart:
    return healthy(**({"answers": told()} | parts))


def without(name: str) -> tuple[Item, ...]:
    return tuple(item for item in measured() if item.code != f"observations.{name}")


def score(name: str, value: float, **more: Any) -> Item:
    unit = {"alt": "U/L"}.get(name, "{score}")
    return own(f"observations.{name}", value=value, unit=unit, status="unknown", **more)


@dataclass(frozen=True)
class Person:
    """Somebody at check-in. `finds` gives for a rule its action, with a question mark where it cannot be known."""

    who: str
    chart: Chart
    finds: dict[str, str]
    todo: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    context: Context = OUTPATIENT


def people() -> Iterator[Person]:
    yield Person("somebody healthy", person(), {}, absent=frozenset({"SCR-03", "SCR-17", "SCR-20"}))
    yield Person(
        "high blood pressure under amlodipine, 150/95 today",
        person(
            conditions=(icd("I10"),),
            medicines=(medicine("amlodipine 5 MG Oral Tablet", daily_dose=5, daily_unit="mg/d"),),
            observations=measured(sbp=150, dbp=95),
            answers=told(high_blood_pressure="yes"),
        ),
        {},  # below the limit of screening; the gate of the day asks for rest and a second measurement
        todo=frozenset({"TST-05"}),
        absent=frozenset({"SCR-03", "SCR-07"}),
    )
    yield Person(
        "the same with 182/95",
        person(conditions=(icd("I10"),), observations=measured(sbp=182, dbp=95)),
        {"SCR-03": "BLOCK-HARD"},
        todo=frozenset({"TST-05"}),
    )
    yield Person(
        "bipolar depression on lithium",
        person(
            conditions=(icd("F31.81"),),
            medicines=(medicine("lithium carbonate 400 MG"),),
            answers=told(bipolar_ever="yes"),
        ),
        {"SCR-09": "HOLD"},
        context=BPD,
        absent=frozenset({"SCR-08", "MED-01"}),
    )
    yield Person(
        "a psychosis ten years ago, on quetiapine",
        person(
            conditions=(icd("F29", onset=date(2016, 3, 1), ended=date(2016, 9, 1)),),
            medicines=(medicine("quetiapine 50 MG"),),
            answers=told(psychosis_ever="yes"),
        ),
        {"SCR-08": "HOLD"},
    )
    yield Person(
        "depression with psychosis now",
        person(conditions=(icd("F33.3"),)),
        {"SCR-08": "BLOCK"},
        absent=frozenset({"SCR-09"}),
    )
    yield Person(
        "psychosis from cannabis two years ago, answered no",
        person(conditions=(icd("F12.951", ended=date(2025, 1, 1)),)),
        {"SCR-08": "HOLD"},
    )
    yield Person(
        "pregnancy not known",
        person(
            patient=Patient(birth_date=date(1990, 5, 5), sex="female"),
            observations=without("pregnancy_test"),
            answers=told(pregnant="unknown"),
        ),
        {"SCR-17": "HOLD?", "SCR-29": "HOLD?", "TST-10": "HOLD?"},
    )
    yield Person(
        "can be pregnant, test not done",
        person(observations=without("pregnancy_test")),
        {"SCR-17": "HOLD", "TST-10": "HOLD"},
    )
    yield Person(
        "a heart attack five weeks ago, on apixaban and aspirin",
        person(
            patient=MAN,
            conditions=(icd("I21.4", onset=ON - timedelta(days=35)), icd("I25.10")),
            medicines=(medicine("apixaban 5 MG tablet"), medicine("aspirin 100 mg")),
            answers=told(cv_event="yes", heart_disease="yes"),
        ),
        {"SCR-05": "BLOCK-HARD", "SCR-07": "HOLD", "MED-16": "WARN"},
        todo=frozenset({"TST-05", "TST-09"}),
    )
    yield Person(
        "a heart attack two years ago, heart disease answered no",
        person(patient=MAN, conditions=(icd("I21.4", onset=ON - timedelta(days=730)),)),
        {"SCR-07": "HOLD"},
        todo=frozenset({"TST-05"}),
        absent=frozenset({"SCR-05"}),
    )
    yield Person(
        "esketamine at another clinic on Tuesday",
        person(medicines=(medicine("Spravato 56 mg nasal spray", last_taken=date(2027, 2, 23)),)),
        {"MED-17": "HOLD"},
    )
    yield Person(
        "tranylcypromine",
        person(medicines=(medicine("tranylcypromine 10 MG"),)),
        {"MED-06": "HOLD"},
    )
    yield Person(
        "phenelzine until ten days ago",
        person(medicines=(medicine("phenelzine 15 MG", status="no", last_taken=ON - timedelta(days=10)),)),
        {"MED-06": "HOLD"},
    )
    yield Person(
        "clarithromycin, ketamine by mouth",
        person(medicines=(medicine("clarithromycin 500 MG"),)),
        {"MED-10": "HOLD"},
        context=replace(OUTPATIENT, route="oral"),
    )
    yield Person(
        "clarithromycin, ketamine by vein", person(medicines=(medicine("clarithromycin 500 MG"),)), {"MED-10": "WARN"}
    )
    yield Person(
        "acute intermittent porphyria",
        person(conditions=(icd("E80.21"),), answers=told(porphyria="yes")),
        {"SCR-27": "WARN"},
    )
    yield Person(
        "cirrhosis of Child-Pugh class B, ALT four times the laboratory's limit",
        person(
            conditions=(icd("K74.60"),),
            observations=(*without("alt"), score("alt", 160, reference_high=40.0), score("child_pugh", 8)),
            answers=told(liver_disease="yes"),
        ),
        {"SCR-19": "HOLD"},
    )
    yield Person(
        "liver failure of class C",
        person(
            conditions=(icd("K72.90"),),
            observations=(*measured(), score("child_pugh", 11)),
            answers=told(liver_disease="yes", liver_failure="yes"),
        ),
        {"SCR-19": "BLOCK"},
    )
    yield Person(
        "blood in the urine",
        person(conditions=(icd("R31.9"),), answers=told(urinary_symptoms="yes")),
        {"SCR-24": "HOLD"},
        todo=frozenset({"TST-08"}),
    )
    yield Person("a urinary infection as a hospital codes it", person(conditions=(icd("N39.0"),)), {"SCR-24": "HOLD"})
    yield Person(
        "epilepsy under lamotrigine and carbamazepine",
        person(
            conditions=(icd("G40.909"),),
            medicines=(medicine("lamotrigine 100 MG"), medicine("carbamazepine 200 MG")),
            answers=told(seizures="yes"),
        ),
        {"SCR-27": "WARN", "MED-09": "WARN", "MED-11": "WARN"},
    )
    yield Person(
        "an overactive thyroid under methimazole and propranolol",
        person(
            conditions=(icd("E05.00"),),
            medicines=(medicine("propranolol 40 MG"), medicine("methimazole 10 MG")),
            answers=told(thyroid="yes"),
        ),
        {"SCR-14": "HOLD"},
        todo=frozenset({"TST-15"}),
    )
    yield Person(
        "raised pressure in the skull",
        person(
            conditions=(icd("G93.2"),), medicines=(medicine("acetazolamide 250 MG"),), answers=told(raised_icp="yes")
        ),
        {"SCR-16": "BLOCK"},
    )
    yield Person(
        "seventeen, eighteen tomorrow",
        person(patient=Patient(birth_date=date(2009, 3, 2), sex="female", pregnancy_potential="yes")),
        {"SCR-21": "BLOCK"},
    )
    yield Person(
        "eighteen today",
        person(patient=Patient(birth_date=date(2009, 3, 1), sex="female", pregnancy_potential="yes")),
        {},
        absent=frozenset({"SCR-21"}),
    )
    yield Person(
        "eighty and frail, with atrial fibrillation, a weak memory, rivaroxaban, metoprolol and zopiclone",
        person(
            patient=Patient(birth_date=date(1947, 1, 2), sex="female", pregnancy_potential="no"),
            conditions=(icd("I48.0"), icd("G31.84")),
            medicines=(
                medicine("rivaroxaban 20 MG"),
                medicine("metoprolol 50 MG"),
                medicine("zopiclone 7.5 MG", daily_dose=7.5, daily_unit="mg/d"),
            ),
            answers=told(heart_disease="yes", cognition="yes"),
        ),
        {"SCR-07": "HOLD", "SCR-13": "HOLD", "SCR-20": "WARN", "SCR-22": "WARN", "MED-16": "WARN"},
        todo=frozenset({"TST-05", "TST-09", "TST-13"}),
        absent=frozenset({"SCR-17", "MED-01"}),
    )
    yield Person(
        "opioid disorder on buprenorphine, to be treated for it",
        person(
            conditions=(icd("F11.20"),),
            medicines=(
                medicine("buprenorphine 8 MG / naloxone 2 MG Sublingual Film", daily_dose=16, daily_unit="mg/d"),
            ),
            answers=told(substance_use="yes"),
        ),
        {"SCR-11": "HOLD", "SCR-20": "WARN", "MED-05": "HOLD", "MED-02": "HOLD?"},
        todo=frozenset({"TST-11"}),
        context=OUD,
    )
    yield Person(
        "alcohol disorder on depot naltrexone, to be treated for it",
        person(
            conditions=(icd("F10.20"),),
            medicines=(medicine("Vivitrol 380 mg", last_taken=date(2027, 2, 10)),),
            answers=told(substance_use="yes"),
        ),
        {"SCR-11": "HOLD", "MED-04": "HOLD"},
        todo=frozenset({"TST-11"}),
        context=AUD,
    )
    yield Person(
        "3 mg of lorazepam a day",
        person(medicines=(medicine("lorazepam 1 MG Oral Tablet", daily_dose=3, daily_unit="mg/d"),)),
        {"SCR-20": "WARN", "MED-01": "HOLD"},
    )
    yield Person(
        "10 mg of diazepam a day",
        person(medicines=(medicine("diazepam 5 MG Oral Tablet", daily_dose=10, daily_unit="mg/d"),)),
        {"SCR-20": "WARN"},
        absent=frozenset({"MED-01"}),
    )
    yield Person(
        "lorazepam, how much is not known",
        person(medicines=(medicine("lorazepam 1 MG Oral Tablet"),)),
        {"SCR-20": "WARN", "MED-01": "HOLD?"},
    )
    yield Person(
        "drunk at check-in",
        person(medicines=(medicine("beer", last_taken=ON),), answers=told(intoxicated_now="yes", substance_use="yes")),
        {"SCR-12": "BLOCK", "SCR-11": "HOLD", "SCR-20": "WARN", "MED-03": "HOLD"},
        todo=frozenset({"TST-11"}),
    )
    yield Person(
        "an allergy to ketamine on a hospital's list, answered no",
        person(allergies=(Item(text="Ketamine", status="yes", at=ON, source="hospital"),)),
        {"SCR-01": "BLOCK-HARD"},
    )
    yield Person(
        "hurt herself on purpose last week",
        person(conditions=(icd("X78.1XXA"),), answers=told(suicide_risk_high="yes")),
        {},  # a crisis of today and no exclusion
        todo=frozenset({"SCR-25"}),
    )
    yield Person(
        "an overdose of diazepam last week, as a hospital codes it",
        person(conditions=(icd("T42.4X2A"),)),
        {},
        todo=frozenset({"SCR-25"}),
    )
    yield from others()


def others() -> Iterator[Person]:
    inside = replace(OUTPATIENT, setting="inpatient")
    yield Person(
        "cannot decide today",
        person(answers=told(capacity="no")),
        {"SCR-02": "BLOCK-HARD"},
        absent=frozenset({"SCR-13"}),
    )
    yield Person(
        "an aneurysm of the aorta, esketamine in hospital",
        person(conditions=(icd("I71.40"),), answers=told(aneurysm="yes")),
        {"SCR-04": "BLOCK-HARD"},
        context=replace(inside, drug="esketamine", route="intranasal"),
    )
    yield Person(
        "an aneurysm of the aorta, racemic ketamine in hospital",
        person(conditions=(icd("I71.40"),)),
        {"SCR-04": "BLOCK"},
        context=inside,
    )
    yield Person(
        "unstable angina",
        person(patient=MAN, conditions=(icd("I20.0"),), answers=told(unstable_heart="yes")),
        {"SCR-06": "BLOCK"},
        todo=frozenset({"TST-05"}),
    )
    yield Person(
        "diabetes and smoking, heart never examined",
        person(conditions=(icd("E11.9"), icd("F17.210"))),
        {"SCR-07": "HOLD"},
        todo=frozenset({"TST-05"}),
    )
    yield Person(
        "manic now, known as bipolar",
        person(conditions=(icd("F31.13"),), answers=told(mania_now="yes", bipolar_ever="yes")),
        {"SCR-09": "BLOCK"},
        context=BPD,
    )
    yield Person("a dissociative disorder", person(conditions=(icd("F44.81"),)), {"SCR-10": "HOLD"})
    yield Person(
        "misused ketamine at twenty", person(answers=told(ketamine_misuse="yes")), {"SCR-11": "BLOCK"}, todo=frozenset()
    )
    yield Person(
        "delirious with a urinary infection",
        person(conditions=(icd("F05"), icd("N39.0"))),
        {"SCR-13": "BLOCK", "SCR-24": "HOLD"},
    )
    yield Person("a phaeochromocytoma", person(conditions=(icd("E27.5"),)), {"SCR-14": "BLOCK"})
    yield Person("glaucoma, operated", person(conditions=(icd("H40.9", ended=date(2020, 1, 1)),)), {"SCR-15": "HOLD"})
    yield Person(
        "pregnant by a test of last week",
        person(observations=(*without("pregnancy_test"), own("observations.pregnancy_test", at=date(2027, 2, 24)))),
        {"SCR-17": "BLOCK"},
    )
    yield Person("breastfeeding", person(conditions=(icd("Z39.1"),)), {"SCR-18": "HOLD"})
    yield Person(
        "snores, with sleep apnoea and an index of 35",
        person(conditions=(icd("G47.33"),), observations=measured(bmi=35), answers=told(sleep_apnoea="yes")),
        {"SCR-23": "HOLD"},
    )
    yield Person(
        "sleep apnoea without obesity",
        person(conditions=(icd("G47.33"),), answers=told(sleep_apnoea="yes")),
        {},
        absent=frozenset({"SCR-23"}),
    )
    yield Person(
        "a bad reaction to an anaesthetic before", person(answers=told(ketamine_reaction="yes")), {"SCR-26": "HOLD"}
    )
    yield Person("kidneys at 25", person(observations=measured(egfr=25)), {"SCR-27": "WARN"})
    yield Person(
        "a positive drug screen where the protocol asks for one",
        person(observations=(*measured(), own("observations.drug_screen")), answers=told(drug_screen_required="yes")),
        {"SCR-28": "HOLD"},
    )
    yield Person("one question left open", person(answers=told(glaucoma=None)), {"SCR-15": "HOLD?", "SCR-29": "HOLD"})
    yield Person(
        "oxycodone 80 mg a day, and semaglutide",
        person(
            medicines=(
                medicine("oxycodone 40 MG Oral Tablet", daily_dose=80, daily_unit="mg/d"),
                medicine("Ozempic 1 mg pen"),
            )
        ),
        {"SCR-20": "WARN", "MED-02": "HOLD", "MED-15": "WARN"},
    )
    yield Person(
        "theophylline and levothyroxine",
        person(medicines=(medicine("theophylline 200 MG"), medicine("levothyroxine 50 MCG"))),
        {"MED-07": "HOLD"},
        todo=frozenset({"TST-15"}),
    )
    yield Person(
        "a nasal steroid, ketamine by nose",
        person(medicines=(medicine("Nasonex nasal spray"),)),
        {"MED-12": "WARN"},
        context=replace(OUTPATIENT, route="intranasal"),
    )
    yield Person(
        "rifampicin until last week, ketamine by mouth",
        person(medicines=(medicine("rifampicin 600 MG", status="no", last_taken=ON - timedelta(days=7)),)),
        {"MED-11": "HOLD"},
        context=replace(OUTPATIENT, route="oral"),
    )
    yield Person(
        "St John's wort and cannabis",
        person(medicines=(medicine("St John's wort"), medicine("cannabis"))),
        {"MED-11": "WARN", "MED-19": "WARN"},
    )
    yield Person(
        "a blood thinner, ketamine into a muscle",
        person(medicines=(medicine("warfarin 5 MG"),)),
        {"MED-16": "HOLD"},
        todo=frozenset({"TST-09"}),
        context=replace(OUTPATIENT, route="im"),
    )


PEOPLE = tuple(people())


def table() -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The rows as the manual shows them."""
    heads = ("who", "blocks, holds or warns", "is to be done", "has nothing against it")
    return heads, [
        (
            one.who,
            ", ".join(f"{code} {action}".replace("?", ", not known") for code, action in sorted(one.finds.items())),
            ", ".join(sorted(one.todo)),
            ", ".join(sorted(one.absent)),
        )
        for one in PEOPLE
    ]


LOUDEST = ("BLOCK-HARD", "BLOCK", "HOLD", "HOLD?", "WARN", "WARN?")


def code(rule: str) -> str:
    return str(BASE.entry(rule).data["code"])


def loud(one: Person) -> dict[str, str]:
    """By the code of its rules, the loudest of what blocks, holds or warns, without what is asked of everybody."""
    found: dict[str, str] = {}
    for finding in screen(one.chart, base=BASE, on=ON, context=one.context).open:
        if finding.action in LOUD and finding.rule not in ALWAYS:
            said = finding.action + ("?" if finding.state == "unknown" else "")
            found[code(finding.rule)] = min(found.get(code(finding.rule), "WARN?"), said, key=LOUDEST.index)
    return found


@pytest.mark.parametrize("one", PEOPLE, ids=lambda one: one.who)
def test_what_is_named_of_a_person_is_found_and_nothing_else_blocks_holds_or_warns(one: Person) -> None:
    assert loud(one) == one.finds


@pytest.mark.parametrize("one", PEOPLE, ids=lambda one: one.who)
def test_what_is_to_be_done_is_found_and_what_is_absent_is_clear(one: Person) -> None:
    findings = screen(one.chart, base=BASE, on=ON, context=one.context).findings
    tasks = {code(finding.rule) for finding in findings if finding.state == "fires" and finding.action == "TASK"}
    assert one.todo <= tasks
    assert all(finding.state == "clear" for finding in findings if code(finding.rule) in one.absent)


def test_every_rule_of_screening_speaks_of_somebody() -> None:
    spoken_of = {code for one in PEOPLE for code in (*one.finds, *one.todo)}
    assert {f"SCR-{number:02}" for number in range(1, 30)} <= spoken_of


@pytest.mark.parametrize("one", PEOPLE, ids=lambda one: one.who)
def test_nobody_is_told_to_end_a_medicine_that_is_dangerous_to_end(one: Person) -> None:
    for line in review(one.chart, base=BASE, on=ON, context=one.context):
        assert not advises_ending(" ".join(line.why), BASE), line.medicine
        assert line.verdict in ("continue", "time_shift", "review", "hold")


@pytest.mark.parametrize("one", PEOPLE, ids=lambda one: one.who)
def test_every_line_of_a_chart_is_understood(one: Person) -> None:
    assert screen(one.chart, base=BASE, on=ON, context=one.context).not_classified == ()
