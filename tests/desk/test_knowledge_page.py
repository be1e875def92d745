"""What decisions rest on can be read by everybody of the staff: each entry with its source, each founding fact."""

from collections.abc import Callable

import pytest
from django.test import Client

from norket.knowledge import read
from norket.knowledge.seeds import facts, homes

pytestmark = pytest.mark.django_db
As = Callable[..., Client]


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_entry_is_on_the_list_and_every_sort_of_them_has_a_page(as_role: As) -> None:
    client = as_role("nurse")
    listed = page(client, "/knowledge/")
    for entry in read().entries:
        assert f'href="/knowledge/{entry.id}/"' in listed
    sorts = {(entry.kind, read().files[entry.id]): entry for entry in read().entries}
    for entry in sorts.values():
        assert page(client, f"/knowledge/{entry.id}/").count("<h1>") == 1


def test_a_search_finds_by_code_word_and_source(as_role: As) -> None:
    client = as_role("nurse")
    assert "/knowledge/doses.d01/" in page(client, "/knowledge/?q=andrade+depression")
    assert "/knowledge/doses.d19/" not in page(client, "/knowledge/?q=andrade+depression")
    assert "Nothing has all these words" in page(client, "/knowledge/?q=no-such-word-at-all")


def test_the_list_is_narrowed_by_kind_stage_certainty_and_signature(as_role: As) -> None:
    client = as_role("nurse")
    instruments = page(client, "/knowledge/?kind=instrument")
    assert "/knowledge/instruments.phq_9/" in instruments
    assert "/knowledge/doses.d01/" not in instruments
    staged = page(client, "/knowledge/?stage=screening&certainty=D")
    assert "/knowledge/screening.scr_05/" in staged
    assert "/knowledge/screening.scr_25/" not in staged
    whole = page(client, "/knowledge/?kind=no-such-kind")
    assert "/knowledge/doses.d01/" in whole


def test_policy_reads_as_signed_only_when_the_clinic_has_signed(as_role: As) -> None:
    client = as_role("nurse")
    signed, waiting = (page(client, f"/knowledge/?signed={word}&kind=dose") for word in ("signed", "unsigned"))
    assert ("/knowledge/doses.d01/" in signed) is not ("/knowledge/doses.d01/" in waiting)
    shown = page(client, "/knowledge/doses.d01/")
    assert ("clinic policy, signed in this clinic" in shown) is ("/knowledge/doses.d01/" in signed)


def test_a_rule_says_in_words_when_it_fires(as_role: As) -> None:
    shown = page(as_role("nurse"), "/knowledge/screening.scr_25/")
    assert "any of these:" in shown
    assert "PHQ-9 item 9 at least 1, not older than 7 d" in shown


def test_a_form_shows_its_questions_or_that_the_clinic_loads_them(as_role: As) -> None:
    client = as_role("nurse")
    assert "Poor appetite or overeating" in page(client, "/knowledge/instruments.phq_9/")
    assert "the clinic loads the words" in page(client, "/knowledge/instruments.qids_sr16/")


def test_a_conflict_shows_both_sides_and_leads_to_where_the_choice_lives(as_role: As) -> None:
    shown = page(as_role("nurse"), "/knowledge/conflicts.x05/")
    assert "high-risk coronary disease is absolute" in shown
    assert 'href="/knowledge/screening.scr_05/"' in shown


def test_an_entry_shows_its_figures_its_source_in_full_and_its_founding_facts(as_role: As) -> None:
    shown = page(as_role("nurse"), "/knowledge/doses.d01/")
    assert "cap_mg_kg" in shown
    assert read().reference("andrade-2017").citation.split(".")[0] in shown
    assert "SEED-000-20" in shown


def test_an_entry_that_does_not_exist_is_not_found(as_role: As) -> None:
    assert as_role("nurse").get("/knowledge/doses.none/").status_code == 404


def test_every_founding_fact_is_shown_with_its_homes(as_role: As) -> None:
    shown = page(as_role("auditor"), "/knowledge/facts/")
    found = homes(read())
    for fact in facts():
        assert f'id="{fact.id}"' in shown
        assert all(f'href="/knowledge/{home}/"' in shown for home in found[fact.id])


def test_nobody_reads_it_without_signing_in(db: None) -> None:
    assert Client().get("/knowledge/").status_code in (302, 401, 403)
