"""How the channels of a monitor are called where there is little room."""

import pytest

from norket.therapy.session.samples import UNITS, short


@pytest.mark.parametrize(("channel", "name"), [("spo2_percent", "SpO2"), ("etco2_mmhg", "EtCO2"), ("sbp_mmhg", "SBP")])
def test_a_channel_is_written_short_as_clinicians_write_it(channel: str, name: str) -> None:
    assert short(channel) == name


def test_no_two_channels_are_called_alike() -> None:
    assert len({short(channel) for channel in UNITS}) == len(UNITS)
