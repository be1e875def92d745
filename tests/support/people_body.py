"""People whose body speaks for or against the drug."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from support.charts import ON, OUTPATIENT, measured, medicine, own
from support.people import MAN, Person, icd, person, score, told, without

from norket.therapy.chart import Item, Patient


def heart() -> Iterator[Person]:
    """Pressure, heart and vessels."""
    inside = replace(OUTPATIENT, setting="inpatient")
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


def ages() -> Iterator[Person]:
    """Ages, pregnancy and the time after it."""
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
        "pregnant by a test of last week",
        person(observations=(*without("pregnancy_test"), own("observations.pregnancy_test", at=date(2027, 2, 24)))),
        {"SCR-17": "BLOCK"},
    )
    yield Person("breastfeeding", person(conditions=(icd("Z39.1"),)), {"SCR-18": "HOLD"})


def organs() -> Iterator[Person]:
    """Every other part of the body."""
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
    yield Person("a phaeochromocytoma", person(conditions=(icd("E27.5"),)), {"SCR-14": "BLOCK"})
    yield Person("glaucoma, operated", person(conditions=(icd("H40.9", ended=date(2020, 1, 1)),)), {"SCR-15": "HOLD"})
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
        "an allergy to ketamine on a hospital's list, answered no",
        person(allergies=(Item(text="Ketamine", status="yes", at=ON, source="hospital"),)),
        {"SCR-01": "BLOCK-HARD"},
    )
