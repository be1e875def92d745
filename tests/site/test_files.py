"""What browsers are served is what the server started with, whole, whatever happens to the files meanwhile."""

from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from norket.site.files import Files, KeptFile

OLD = "export const beat = 1;\n"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "part.js"
    path.write_text(OLD)
    return path


def served(kept: KeptFile) -> tuple[str, int]:
    response: Any = kept.get_response("GET", {})
    return response.file.read().decode(), int(dict(response.headers)["Content-Length"])


@pytest.mark.parametrize("new", [OLD + "// a line more\n", "// less\n", None], ids=["longer", "shorter", "gone"])
def test_a_file_that_changes_under_a_running_server_goes_out_whole_as_it_was(script: Path, new: str | None) -> None:
    kept = KeptFile(str(script), [("Content-Type", "text/javascript")])
    if new is None:
        script.unlink()
    else:
        script.write_text(new)
    assert served(kept) == (OLD, len(OLD))


def test_a_server_that_starts_in_the_midst_of_a_change_says_so(script: Path) -> None:
    before = {str(script): script.stat()}
    script.write_text(OLD + OLD)
    with pytest.raises(RuntimeError, match="was changed while the server started"):
        KeptFile(str(script), [("Content-Type", "text/javascript")], before)


def test_every_static_file_has_the_length_that_it_says() -> None:
    files = Files(lambda _: HttpResponse(status=404))
    assert "/static/norket/js/live.js" in files.files
    for url, kept in files.files.items():
        content, length = kept.content, int(dict(kept.get_path_and_headers({})[1])["Content-Length"])
        assert len(content) == length, url


def test_only_reading_is_answered_and_a_known_copy_is_not_sent_again() -> None:
    files, ask = Files(lambda _: HttpResponse(status=404)), RequestFactory()
    got: Any = files(ask.get("/static/norket/js/live.js"))
    assert got.status_code == 200
    assert b"norket-live" in b"".join(got.streaming_content)
    assert files(ask.post("/static/norket/js/live.js")).status_code == 405
    assert files(ask.get("/static/norket/js/live.js", HTTP_IF_NONE_MATCH=got["ETag"])).status_code == 304
    assert files(ask.get("/static/norket/js/none.js")).status_code == 404
