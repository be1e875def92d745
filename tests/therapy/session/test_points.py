"""The values of a channel, put together from what a device sent and what a hand took."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.therapy.conftest import START

from norket.therapy.session.criteria import Point
from norket.therapy.session.points import Series
from norket.therapy.session.samples import Sample

NOW_S = 60
SECOND = timedelta(seconds=1)
VALUES = st.tuples(st.integers(0, NOW_S + 5), st.sampled_from([88.0, 95.0, 97.0]), st.booleans())


def _sample(second: int, value: float, artefact: bool) -> Sample:
    at = START + second * SECOND
    return Sample(
        channel="spo2_percent",
        value=value,
        unit="%",
        at=at,
        received_at=at,
        device="monitor-1",
        interval_s=1.0,
        artefact=artefact,
    )


def _in_full(samples: list[Sample], by_hand: list[Point]) -> list[Point]:
    """The same, all at once."""
    now = START + NOW_S * SECOND
    device = [Point(sample.at, sample.value) for sample in samples if not sample.artefact and sample.at <= now]
    return sorted((*device, *by_hand))


@given(
    device=st.lists(VALUES, max_size=12),
    hand=st.lists(VALUES, max_size=4),
    asked=st.lists(st.integers(0, 4), max_size=4),
)
def test_what_is_made_when_asked_for_is_what_would_be_made_at_once(
    device: list[tuple[int, float, bool]], hand: list[tuple[int, float, bool]], asked: list[int]
) -> None:
    samples = [_sample(*one) for one in sorted(device)]
    by_hand = sorted(Point(START + second * SECOND, value) for second, value, _ in hand)
    series, wanted = Series(samples, by_hand, START + NOW_S * SECOND), _in_full(samples, by_hand)
    for many in asked:  # in any order of asking
        assert [point for point, _ in zip(reversed(series), range(many), strict=False)] == wanted[::-1][:many]
        assert bool(series) == bool(wanted)
        assert wanted == [] or series[-1] == wanted[-1]
    assert (list(series), len(series), series[1:3]) == (wanted, len(wanted), wanted[1:3])
    trusted = [sample for sample in samples if not sample.artefact and sample.at <= START + NOW_S * SECOND]
    assert series.latest_sample == (trusted[-1] if trusted else None)


def test_of_a_channel_that_nobody_measured_there_is_nothing() -> None:
    series = Series((), (), START)
    assert (bool(series), list(series), series.latest_sample) == (False, [], None)
    with pytest.raises(IndexError):
        series[-1]
