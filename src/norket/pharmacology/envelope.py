"""What several models say together: who speaks, who does not and why, and the span between the lowest and the highest.

Arterial and venous concentrations are different quantities: each site has an envelope of its own, and the one over
any site says how far apart a reader who does not know the site must think.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from norket.pharmacology.track import Floats, Track

ANY_SITE = "any site"


@dataclass(frozen=True)
class LeftOut:
    """A model that does not answer: the `code` of its refusal and the reason in words."""

    model: str
    code: str
    why: str


@dataclass(frozen=True, eq=False)
class Envelope:
    """Over time, in ng/mL: lowest 5th to highest 95th percentile of `models`, and the span of their typical curves."""

    analyte: str
    site: str
    enantiomer: str
    models: tuple[str, ...]
    low: Floats
    high: Floats
    typical_low: Floats
    typical_high: Floats

    def as_dict(self) -> dict[str, Any]:
        """The envelope as plain data."""
        named = {name: getattr(self, name) for name in ("analyte", "site", "enantiomer")}
        curves = {name: getattr(self, name).tolist() for name in ("low", "high", "typical_low", "typical_high")}
        return {**named, "models": list(self.models), **curves}


@dataclass(frozen=True, eq=False)
class Together:
    """How models were put side by side. `kind` is "all" or "ensemble"; `members` count in envelope and mixture;
    `apart` are shown but do not count (compatibility with other programs); `left_out` do not answer.
    """

    kind: str
    members: tuple[str, ...]
    apart: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    envelopes: tuple[Envelope, ...]

    def as_dict(self) -> dict[str, Any]:
        """What goes into the document of a prediction beside its tracks."""
        return {
            "members": list(self.members),
            "apart": list(self.apart),
            "left_out": [{"model": one.model, "code": one.code, "why": one.why} for one in self.left_out],
            "envelope": [one.as_dict() for one in self.envelopes],
        }


def envelopes(tracks: Sequence[Track], members: Collection[str]) -> tuple[Envelope, ...]:
    """One per analyte and site over the tracks of `members`, and one over any site where there are several."""
    counted = [track for track in tracks if track.model in members]
    found = []
    for analyte in dict.fromkeys(track.analyte for track in counted):
        own = [track for track in counted if track.analyte == analyte]
        sites = list(dict.fromkeys(track.site for track in own))
        found += [_envelope(site, [track for track in own if track.site == site]) for site in sites]
        if len(sites) > 1:
            found.append(_envelope(ANY_SITE, own))
    return tuple(found)


def _envelope(site: str, tracks: Sequence[Track]) -> Envelope:
    typical = [track.typical for track in tracks]
    return Envelope(
        analyte=tracks[0].analyte,
        site=site,
        enantiomer=tracks[0].enantiomer,
        models=tuple(track.model for track in tracks),
        low=np.min([track.p5 for track in tracks], axis=0),
        high=np.max([track.p95 for track in tracks], axis=0),
        typical_low=np.min(typical, axis=0),
        typical_high=np.max(typical, axis=0),
    )
