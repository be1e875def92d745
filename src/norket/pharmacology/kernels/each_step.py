"""The highest rate of each step under a ceiling that the curve never passes: exact, without a search.

What one step adds to a linear system's curve is known (its unit response), and so is what comes of all earlier ones.
The highest rate of the next step is then the least, over the later times, of the room that is left there over what a
unit rate adds there. Times after the last rise of the unit response need no look: there everything falls.
"""

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.kernels.jit import jit

Floats = NDArray[np.float64]
# A rate that is a whole multiple but for the noise of a division counts as one.
ROUNDING = 1e-9


@jit
def fill(
    unit: Floats, judged: Floats, ceiling: float, high: float, quantum: float, left: float, curve: Floats
) -> Floats:
    """The rates of the steps; `curve` grows by what they bring.

    `unit[n]` is the curve n + 1 steps after a step of rate 1 began. `judged[n]`, no less than that, is what a rate is
    judged by, as long as either rises. `curve[k]`, at the end of step k, holds what comes of earlier doses; it has room
    for all steps and as many more times as are judged. Rates are at most `high`, whole multiples of `quantum` (0: any
    value), and add up to `left` at most.
    """
    rates = np.zeros(curve.size - judged.size)
    ease = 1.0 / judged
    for k in range(rates.size):
        ahead = curve[k:]
        rate = min(high, left)
        for n in range(ease.size):
            rate = min(rate, (ceiling - ahead[n]) * ease[n])
        if quantum > 0.0:
            rate = np.floor(rate / quantum + ROUNDING) * quantum
        if rate > 0.0:
            rates[k] = rate
            left -= rate
            for n in range(ahead.size):
                ahead[n] += rate * unit[n]
    return rates
