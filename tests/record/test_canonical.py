"""What a hash takes: one text for one value, and a name for what a damaged disk no longer gives back."""

from datetime import UTC, datetime, timedelta, timezone

from norket.record.canonical import digest, instant

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_one_instant_has_one_text_in_whatever_zone_it_is_told() -> None:
    assert instant(NOON) == instant(NOON.astimezone(timezone(timedelta(hours=9)))) == "2026-11-22T12:00:00+00:00"


def test_an_instant_that_cannot_be_read_has_a_text_that_no_instant_has() -> None:
    assert instant(None) == "unreadable"
    assert digest(instant(None)) != digest(instant(NOON))
