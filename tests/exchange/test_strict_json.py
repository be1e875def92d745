"""Strict JSON is read in a time that grows with the text and with nothing else."""

from time import process_time

import pytest

from norket.exchange.strict_json import NotJsonError, loads


def test_a_key_written_twice_among_very_many_is_found_at_once() -> None:
    keys = ",".join(f'"{n}": 0' for n in range(40_000))
    began = process_time()
    with pytest.raises(NotJsonError, match="the key '7' is written twice"):
        loads(f'{{{keys}, "7": 0}}')
    assert process_time() - began < 5


def test_of_several_keys_that_are_written_twice_the_first_is_named() -> None:
    with pytest.raises(NotJsonError, match="the key 'b' is written twice"):
        loads('{"a": 1, "b": 1, "c": 1, "c": 2, "b": 2}')
