"""Target ranges: configuration with a source, the site and the form that were counted said beside the numbers."""

import pytest

from norket.knowledge import read
from norket.pharmacology.refusals import NotCoveredError
from norket.pharmacology.target_ranges import target_names, target_range


@pytest.mark.parametrize("name", target_names())
def test_a_range_says_what_was_counted_where_and_by_whom(name: str) -> None:
    found = target_range(name)
    assert 0 < found.low <= found.high
    assert found.enantiomer in ("S + R", "S")
    assert found.site
    assert found.population
    assert found.source in found.label
    assert read().reference(found.source).read


def test_one_number_is_a_range_without_width() -> None:
    usual = target_range("antidepressant")
    assert usual.low == usual.high == 185
    assert "185 ng/mL (racemate, site not stated; zanos-2018)" in usual.label


def test_a_range_shows_both_ends() -> None:
    assert "1,200–2,400 ng/mL" in target_range("anaesthesia").label


def test_an_unknown_name_is_refused_with_the_names_that_exist() -> None:
    with pytest.raises(NotCoveredError, match="analgesia, antidepressant") as refusal:
        target_range("euphoria")
    assert refusal.value.code == "target_not_known"
