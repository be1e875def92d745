"""A clinic with a licence loads the words of a form; a file that does not fit it whole is refused with every fault."""

from pathlib import Path

import pytest
import yaml

from norket import knowledge
from norket.knowledge.wordings import read_wording, read_wordings
from norket.therapy.assessment.forms import instrument, worded
from norket.therapy.assessment.instruments import Scored, score

BASE = knowledge.read()
PEG = {
    "licence": "Leave of the holder, 2027-01-02, letter 17",
    "language": "en",
    "lead": "In our clinic's words:",
    "items": {"1": "First?", "2": "Second?", "3": "Third?"},
    "options": [{"value": 0, "text": "None"}, {"value": 10, "text": "All"}],
}


def written(folder: Path, name: str = "peg", **changed: object) -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(PEG | changed), encoding="utf-8")
    return path


def test_a_form_takes_the_words_and_keeps_its_scoring(tmp_path: Path) -> None:
    form = worded(instrument(BASE, "peg"), read_wording(written(tmp_path), BASE))
    assert [item.text for item in form.items] == ["First?", "Second?", "Third?"]
    assert [option.text for option in form.items[0].options] == ["None", "All"]
    assert (form.lead, form.loads, form.attribution) == (PEG["lead"], "", PEG["licence"])
    assert form.rules == instrument(BASE, "peg").rules
    result = score(BASE, form.id, {"1": 7, "2": 8, "3": 6})
    assert isinstance(result, Scored)
    assert result.total == 7


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"items": {"1": "First?", "2": "Second?"}}, "question '3' has no words"),
        ({"items": PEG["items"] | {"4": "Fourth?"}}, "'4' is no question"),  # type: ignore[operator]
        ({"items": PEG["items"] | {"3": ""}}, "items.3"),  # type: ignore[operator]
        ({"options": [{"value": 11, "text": "More"}]}, "outside its range"),
        ({"item_options": {"9": [{"value": 1, "text": "One"}]}}, "'9' is no question"),
        ({"licence": ""}, "licence"),
        ({"song": "la"}, "song"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(tmp_path: Path, changed: dict[str, object], fault: str) -> None:
    with pytest.raises(knowledge.KnowledgeError, match=r"peg\.yaml") as refused:
        read_wording(written(tmp_path, **changed), BASE)
    assert fault in str(refused.value)


@pytest.mark.parametrize(
    ("name", "fault"),
    [("phq_9", "free and shipped"), ("madrs", "only a total"), ("nobody", "no entry")],
)
def test_a_form_that_needs_no_words_or_is_unknown_takes_none(tmp_path: Path, name: str, fault: str) -> None:
    with pytest.raises(knowledge.KnowledgeError, match=fault):
        read_wording(written(tmp_path, name), BASE)


def test_one_bad_file_does_not_hide_the_good_ones(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "bprs.yaml").write_text("licence: [", encoding="utf-8")
    found, faults = read_wordings(tmp_path, BASE)
    assert set(found) == {"peg"}
    assert len(faults) == 1
    assert faults[0].startswith("bprs.yaml: cannot be read")
