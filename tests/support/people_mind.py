"""People whose mind, habits or medicines speak for or against the drug."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from support.charts import ON, OUTPATIENT, measured, medicine, own
from support.people import AUD, BPD, OUD, Person, icd, person, told


def mind() -> Iterator[Person]:
    """What the mind has gone through, and a crisis of today."""
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
        "manic now, known as bipolar",
        person(conditions=(icd("F31.13"),), answers=told(mania_now="yes", bipolar_ever="yes")),
        {"SCR-09": "BLOCK"},
        context=BPD,
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
    yield Person("a dissociative disorder", person(conditions=(icd("F44.81"),)), {"SCR-10": "HOLD"})
    yield Person(
        "delirious with a urinary infection",
        person(conditions=(icd("F05"), icd("N39.0"))),
        {"SCR-13": "BLOCK", "SCR-24": "HOLD"},
    )
    yield Person(
        "cannot decide today",
        person(answers=told(capacity="no")),
        {"SCR-02": "BLOCK-HARD"},
        absent=frozenset({"SCR-13"}),
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


def substances() -> Iterator[Person]:
    """What is taken without a prescription, or beside it."""
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
        "drunk at check-in",
        person(medicines=(medicine("beer", last_taken=ON),), answers=told(intoxicated_now="yes", substance_use="yes")),
        {"SCR-12": "BLOCK", "SCR-11": "HOLD", "SCR-20": "WARN", "MED-03": "HOLD"},
        todo=frozenset({"TST-11"}),
    )
    yield Person(
        "misused ketamine at twenty", person(answers=told(ketamine_misuse="yes")), {"SCR-11": "BLOCK"}, todo=frozenset()
    )
    yield Person(
        "a positive drug screen where the protocol asks for one",
        person(observations=(*measured(), own("observations.drug_screen")), answers=told(drug_screen_required="yes")),
        {"SCR-28": "HOLD"},
    )


def medicines() -> Iterator[Person]:
    """What is on the list of medicines."""
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
