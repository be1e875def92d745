"""The reader refuses what cannot stand, names every fault, and never lets a missing limit pass."""

import math
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from norket.knowledge import KnowledgeBase, KnowledgeError, read
from norket.knowledge.rules import raw_faults

SOURCES = "references:\n- {key: a, citation: A paper, read: whole}\n"
Folder = Callable[..., Path]


def entry(**changes: Any) -> dict[str, Any]:
    """An entry that stands, with changes; a change to `...` takes the field away."""
    whole = {
        "id": "topic.figure",
        "kind": "figure",
        "statement": "A figure.",
        "values": [{"value": 1.5, "unit": "mg/kg"}],
        "sources": [{"key": "a", "place": "page 1"}],
        "certainty": "B",
        "review_by": date(2027, 11, 30),
    } | changes
    return {key: value for key, value in whole.items() if value is not ...}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    def write(*entries: dict[str, Any], name: str = "topic.yaml", sources: str = SOURCES, text: str = "") -> Path:
        (tmp_path / "sources.yaml").write_text(sources, encoding="utf-8")
        written = text or yaml.safe_dump({"entries": list(entries)}, allow_unicode=True)
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(written, encoding="utf-8")
        return tmp_path

    return write


def faults(path: Path) -> str:
    with pytest.raises(KnowledgeError) as refused:
        read(path)
    return str(refused.value)


def test_an_entry_is_read_with_its_file_and_its_figure(folder: Folder) -> None:
    base = read(folder(entry()))
    figure = base.figure("topic.figure")
    assert (figure.value, figure.unit, figure.entry.certainty) == (1.5, "mg/kg", "B")
    assert base.files == {"topic.figure": "topic.yaml"}
    assert base.of_kind("figure") == base.entries
    assert base.of_kind("dose") == ()
    assert base.reference("a").citation == "A paper"


@pytest.mark.parametrize("field", ["id", "kind", "statement", "certainty", "review_by"])
def test_a_field_that_is_missing_is_named(folder: Folder, field: str) -> None:
    assert f"{field}: Field required" in faults(folder(entry(**{field: ...})))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": "Topic Figure"}, "id: String should match pattern"),
        ({"kind": "number"}, "kind: Input should be"),
        ({"statement": ""}, "statement: String should have at least 1 character"),
        ({"certainty": "E"}, "certainty: Input should be"),
        ({"review_by": "soon"}, "review_by: Input should be a valid date"),
        ({"remark": "x"}, "remark: Extra inputs are not permitted"),
        ({"values": []}, "an entry of kind figure needs 'values'"),
        ({"values": [{"value": 1}]}, "unit: Field required"),
        ({"values": [{"value": 1, "unit": ""}]}, "unit: String should have at least 1 character"),
        ({"values": [{"value": 1, "unit": "furlong"}]}, "the unit 'furlong' is not in the closed list"),
        ({"values": [{"value": 1, "unit": "MG"}]}, "the unit 'MG' is not in the closed list"),
        ({"values": [{"value": 1, "low": 2, "high": 3, "unit": "mg"}]}, "low, value and high are not in this order"),
        ({"values": [{"low": 3, "high": 2, "unit": "mg"}]}, "low, value and high are not in this order"),
        ({"sources": [{"key": "b", "place": "p"}]}, "the source 'b' is not in sources.yaml"),
        ({"sources": [{"key": "a", "place": ""}]}, "place: String should have at least 1 character"),
        ({"sources": []}, "no source; name one with its place"),
        ({"kind": "rule", "sources": []}, "no source; name one with its place"),
        ({"certainty": "D"}, "write 'policy: to-be-signed'"),
        ({"certainty": "D"}, "certainty D without 'derivation'"),
        ({"certainty": "D", "policy": "to-be-signed", "derivation": " "}, "certainty D without 'derivation'"),
        ({"policy": "to-be-signed"}, "goes with certainty D only, not B"),
        ({"signed_by": "Dr A"}, "'signed_by' without 'policy: to-be-signed'"),
        ({"policy": "signed"}, "policy: Input should be 'to-be-signed'"),
    ],
)
def test_what_cannot_stand_is_refused_with_its_file_its_entry_and_the_fault(
    folder: Folder, changes: dict[str, Any], said: str
) -> None:
    text = faults(folder(entry(**changes)))
    assert said in text
    assert text.startswith("topic.yaml: ")


@pytest.mark.parametrize("name", ["value", "low", "high"])
@pytest.mark.parametrize(
    "number", ["1.5", "abc", "1e3", 10**400, True, False, math.nan, math.inf, -math.inf, [1], {"a": 1}]
)
def test_only_a_finite_number_is_a_number(folder: Folder, name: str, number: object) -> None:
    text = faults(folder(entry(values=[{name: number, "unit": "mg"}])))
    assert "topic.yaml: topic.figure: values." in text
    assert "number" in text


def test_nan_is_refused_wherever_it_stands(folder: Folder) -> None:
    text = faults(folder(entry(data={"limits": [1, {"cap": math.nan}]})))
    assert "data.limits.1.cap: nan is not a number" in text


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**300), 10**300))
def test_every_finite_number_is_a_number(number: float) -> None:
    assert list(raw_faults({"values": [{"value": number, "unit": "mg"}]})) == []


@given(st.one_of(st.text(), st.booleans(), st.sampled_from([math.nan, math.inf, -math.inf]), st.binary(), st.dates()))
def test_nothing_else_is(number: object) -> None:
    assert list(raw_faults({"values": [{"value": number, "unit": "mg"}]}))


def test_all_faults_of_all_files_come_at_once(folder: Folder) -> None:
    folder(entry(certainty="E"), entry(id="topic.other", sources=[]))
    text = faults(folder(entry(id="more.figure", values=[{"value": "x", "unit": "mg"}]), name="more.yaml"))
    assert len(text.splitlines()) == 3
    assert {line.split(":")[0] for line in text.splitlines()} == {"topic.yaml", "more.yaml"}


def test_an_id_stands_once_across_files(folder: Folder) -> None:
    folder(entry())
    assert "topic.yaml: topic.figure: this id is already in more.yaml" in faults(folder(entry(), name="more.yaml"))


def test_a_source_stands_once(folder: Folder) -> None:
    assert "sources.yaml: a: written twice" in faults(folder(entry(), sources=SOURCES + SOURCES.splitlines()[1] + "\n"))


def test_a_key_written_twice_is_refused_with_its_line(folder: Folder) -> None:
    text = yaml.safe_dump({"entries": [entry()]}) + "  kind: rule\n"
    assert "topic.yaml: line 13: the key 'kind' is written twice" in faults(folder(text=text))


@pytest.mark.parametrize("word", ["yes", "no", "on", "off", "Yes", "NO", "y", "n"])
def test_yes_and_no_are_words_and_no_truth_values(folder: Folder, word: str) -> None:
    text = yaml.safe_dump({"entries": [entry()]}) + f"  data: {{{word}: {word}, is: [{word}], so: true, not: false}}\n"
    assert read(folder(text=text)).entries[0].data == {word: word, "is": [word], "so": True, "not": False}


@pytest.mark.parametrize("key", ["true", "1", "null", "2027-01-01"])
def test_a_key_that_yaml_reads_as_something_else_is_refused(folder: Folder, key: str) -> None:
    text = yaml.safe_dump({"entries": [entry()]}) + f"  data: {{{key}: x}}\n"
    assert f"the key '{key}' reads as something else than text" in faults(folder(text=text))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("entires: []\n", "holds one list, 'entries:'"),
        ("entries: []\nmore: []\n", "nothing beside it"),
        ("entries: {}\n", "holds one list, 'entries:'"),
        ("entries:\n", "holds one list, 'entries:'"),
        ("entries: [3]\n", "item 1: an entry is a mapping"),
        ("- a\n", "must start with 'entries:'"),
        ("# nothing\n", "the file is empty"),
        ("entries: [\n", "not readable as YAML"),
        ("entries: [!!python/object/apply:os.getcwd []]\n", "not readable as YAML"),
    ],
)
def test_a_file_of_another_shape_is_refused_and_not_skipped(folder: Folder, text: str, said: str) -> None:
    assert said in faults(folder(text=text))


def test_a_file_that_is_not_utf_8_is_refused(folder: Folder) -> None:
    path = folder(entry())
    (path / "topic.yaml").write_bytes("entries: [] # größer".encode("latin-1"))
    assert "topic.yaml: not UTF-8" in faults(path)


def test_a_folder_without_sources_is_no_knowledge_base(tmp_path: Path) -> None:
    assert "no sources.yaml here" in faults(tmp_path)


def test_entries_may_stand_in_subfolders(folder: Folder) -> None:
    folder(entry())
    base = read(folder(entry(id="sub.figure"), name="models/sub.yaml"))
    assert base.files["sub.figure"] == "models/sub.yaml"


@pytest.fixture
def base(folder: Folder) -> KnowledgeBase:
    changing = [
        {"value": 2, "unit": "h", "until": date(2026, 6, 30)},
        {"value": 3, "unit": "h", "from": date(2026, 7, 1), "until": date(2026, 12, 31)},
    ]
    return read(
        folder(
            entry(
                values=[
                    {"value": 1.5, "unit": "mg"},
                    {"name": "empty", "unit": "mg"},
                    {"name": "span", "low": 1, "unit": "mg"},
                ]
            ),
            entry(id="topic.changing", values=changing),
        )
    )


@pytest.mark.parametrize(
    ("day", "value"), [(date(2026, 6, 30), 2), (date(2026, 7, 1), 3), (date(2026, 12, 31), 3), (date(2000, 1, 1), 2)]
)
def test_a_figure_holds_from_its_first_to_its_last_day(base: KnowledgeBase, day: date, value: float) -> None:
    assert base.figure("topic.changing", on=day).value == value


def test_after_its_last_day_a_figure_blocks(base: KnowledgeBase) -> None:
    with pytest.raises(KnowledgeError, match="no figure 'value' on 2027-01-01; a missing limit blocks"):
        base.figure("topic.changing", on=date(2027, 1, 1))


def test_a_figure_that_changes_needs_the_day(base: KnowledgeBase) -> None:
    with pytest.raises(KnowledgeError, match="say the day that is meant"):
        base.figure("topic.changing")


def test_a_lasting_figure_holds_on_any_day(base: KnowledgeBase) -> None:
    assert base.figure("topic.figure", on=date(1970, 1, 1)).value == 1.5


@pytest.mark.parametrize("name", ["absent", "empty", "span"])
def test_a_missing_or_empty_limit_blocks(base: KnowledgeBase, name: str) -> None:
    with pytest.raises(KnowledgeError, match="a missing limit blocks"):
        base.figure("topic.figure", name)


def test_an_unknown_entry_or_source_blocks(base: KnowledgeBase) -> None:
    with pytest.raises(KnowledgeError, match=r"no entry 'topic\.none'"):
        base.figure("topic.none")
    with pytest.raises(KnowledgeError, match="no source 'none'"):
        base.reference("none")


def test_a_last_day_before_the_first_is_refused(folder: Folder) -> None:
    value = {"value": 1, "unit": "h", "from": date(2026, 7, 2), "until": date(2026, 7, 1)}
    assert "'until' 2026-07-01 lies before 'from' 2026-07-02" in faults(folder(entry(values=[value])))


def test_a_figure_may_hold_for_one_day(folder: Folder) -> None:
    day = date(2026, 7, 1)
    path = folder(entry(values=[{"value": 1, "unit": "h", "from": day, "until": day}]))
    assert read(path).figure("topic.figure", on=day).value == 1


@pytest.mark.parametrize(("last", "refused"), [(date(2026, 6, 30), False), (date(2026, 7, 1), True), (None, True)])
def test_two_figures_of_one_name_never_hold_on_one_day(folder: Folder, last: date | None, refused: bool) -> None:
    first = {"value": 1, "unit": "h"} | ({"until": last} if last else {})
    path = folder(entry(values=[first, {"value": 2, "unit": "h", "from": date(2026, 7, 1)}]))
    if refused:
        assert "two figures of this name hold on the same day" in faults(path)
    else:
        assert read(path).figure("topic.figure", on=date(2026, 7, 1)).value == 2


def test_the_edition_is_the_data_and_only_the_data(folder: Folder) -> None:
    path = folder(entry())
    first = read(path).edition
    assert len(first) == 64
    assert read(path).edition == first
    text = (path / "topic.yaml").read_text(encoding="utf-8")
    (path / "topic.yaml").write_bytes(text.replace("\n", "\r\n").encode())
    assert read(path).edition == first
    (path / "topic.yaml").write_text(text.replace("1.5", "1.6"), encoding="utf-8")
    assert read(path).edition != first


def test_a_table_of_another_room_counts_for_the_edition_without_being_read_as_entries(folder: Folder) -> None:
    path = folder(entry())
    first = read(path).edition
    (path / "devices.yaml").write_text("channels: {}\n", encoding="utf-8")
    second = read(path)
    assert second.edition != first
    assert len(second.entries) == 1
    (path / "devices.yaml").write_text("channels: {}\nchannels: {}\n", encoding="utf-8")
    assert "devices.yaml: line 2: the key 'channels' is written twice" in faults(path)


def test_the_base_cannot_be_changed(base: KnowledgeBase) -> None:
    with pytest.raises(AttributeError):
        base.edition = "other"  # type: ignore[misc]
    with pytest.raises(ValueError, match="frozen"):
        base.entries[0].statement = "other"


def test_the_packaged_base_is_read_once() -> None:
    assert read() is read()
