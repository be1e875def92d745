"""What an effect entry must say beside its numbers, read strictly so that a typing error cannot change an effect."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Shape = Literal["sigmoid", "line", "threshold"]
Site = Literal["arterial", "venous", "not stated"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Opposed(_Strict):
    """Another analyte that works against the effect: by `effect` at the concentration `at`, both figures."""

    analyte: str
    effect: str
    at: str


class EffectCard(_Strict):
    """The `data` of an effect entry.

    `drivers`: the sites whose concentration may drive it, the source's own first, each with the parameter that is its
    delay (a half-time), or none. `enantiomer`: in what the concentrations of the source are counted. `parameters`: the
    figures of this entry that the shape sees; `also`: figures of other entries, renamed. `interval`: parameters whose
    typical value is known within the figure's 95 % range only; `even`: those of them whose range is even around the
    value (an estimate and its standard error) and not on the log scale. `spread`: parameters that vary between
    patients, with the figure that holds the coefficient of variation in per cent. `chance`: a parameter that is 1 or 0
    by chance, with its per cent. `bend_at`: the parameter where a line ends, if it is not `limit`. `beside`: what must
    stand beside every number of this effect.
    """

    title: str
    unit: str
    says: str
    shape: Shape
    drivers: dict[Site, str | None] = Field(min_length=1)
    enantiomer: Literal["S", "S + R"]
    population: str
    tolerance: str
    parameters: tuple[str, ...] = ()
    also: dict[str, dict[str, str]] = Field(default_factory=dict)
    interval: tuple[str, ...] = ()
    even: tuple[str, ...] = ()
    spread: dict[str, str] = Field(default_factory=dict)
    chance: dict[str, str] = Field(default_factory=dict)
    bend_at: str = "limit"
    opposed: Opposed | None = None
    slow: bool = False
    alternative: str = ""
    beside: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
