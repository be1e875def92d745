"""A base that was read is kept, and never used for anything but the very same texts."""

from pathlib import Path

import pytest

from norket.knowledge import kept
from norket.knowledge.reader import PACKAGED, KnowledgeBase, _parsed, _texts


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(kept, "FOLDER", tmp_path / "kept")
    monkeypatch.setattr(kept.sys, "dont_write_bytecode", False)
    return tmp_path / "kept"


class Made:
    """Counts how often something was made anew."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> list[int]:
        self.times += 1
        return [self.times]


def keep(made: Made, text: str = "a") -> list[int]:
    return kept.kept({"file.yaml": text}, list, made)


def test_the_same_texts_are_read_once() -> None:
    made = Made()
    assert keep(made) == keep(made) == [1]


def test_another_text_is_read_anew_and_the_old_one_is_forgotten(folder: Path) -> None:
    made = Made()
    keep(made)
    assert keep(made, "b") == [2]
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("place", [0, 31, 32, -1])
def test_a_file_that_is_not_whole_is_not_used(folder: Path, place: int) -> None:
    made = Made()
    keep(made)
    (file,) = folder.iterdir()
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    file.write_bytes(content)
    assert keep(made) == [2]


def test_an_empty_file_is_not_used(folder: Path) -> None:
    made = Made()
    keep(made)
    (file,) = folder.iterdir()
    file.write_bytes(b"")
    assert keep(made) == [2]


def test_something_else_under_the_same_name_is_not_used() -> None:
    keep(Made())
    assert kept.kept({"file.yaml": "a"}, dict, lambda: {"b": 1}) == {"b": 1}


def test_where_nothing_can_be_written_it_is_read_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr(kept, "FOLDER", tmp_path / "file")
    made = Made()
    assert keep(made) == [1]
    assert keep(made) == [2]


def test_nobody_who_keeps_no_byte_code_keeps_this(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept.sys, "dont_write_bytecode", True)
    keep(Made())
    assert not folder.exists()


def test_what_is_refused_is_not_kept(folder: Path) -> None:
    with pytest.raises(ValueError, match="refused"):
        kept.kept({"file.yaml": "a"}, list, lambda: (_ for _ in ()).throw(ValueError("refused")))
    assert not folder.exists()


def test_the_packaged_base_comes_back_as_it_was() -> None:
    texts = _texts(PACKAGED)
    first = kept.kept(texts, KnowledgeBase, lambda: _parsed(PACKAGED, texts))
    again = kept.kept(texts, KnowledgeBase, lambda: pytest.fail("it was read anew"))
    assert (again.edition, again.entries, again.references, again.files) == (
        first.edition,
        first.entries,
        first.references,
        first.files,
    )
    assert again.entry("doses.d01") == first.entry("doses.d01")
