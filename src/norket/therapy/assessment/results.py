"""A result against the limit of the laboratory that reported it: no limit of our own stands in for a missing one."""

from norket.therapy.chart import Item


def times_upper_limit(result: Item) -> float | None:
    """The result as a multiple of the laboratory's own upper limit; None without a value or a limit above zero."""
    if result.value is None or result.reference_high is None or result.reference_high <= 0:
        return None
    return result.value / result.reference_high
