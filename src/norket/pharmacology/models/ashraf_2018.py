"""Ashraf 2018: S-ketamine and norketamine with a gut wall and a liver, by mouth and into a vein, venous plasma.

The one structure here in which what an enzyme does is separate from what the blood flow does: a drug that blocks the
enzyme changes an oral dose far more than an infusion, and the model says by how much. Gut wall, portal vein and liver
hold no drug (the authors' quasi-steady state), so they are fractions, not compartments. Numbers: `models.ashraf_2018`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from norket.pharmacology.models.system import Compartments, Floats, LinearSystem

BODY = ("ketamine", "fast", "slow", "norketamine", "norketamine tissue")


@dataclass(frozen=True, eq=False)
class Passage:
    """What comes through at 70 kg or at any weight: fractions of one pass, and the flow through the liver (L/min).

    `gut`, `liver`: of ketamine, unchanged. `norketamine_gut`, `norketamine_liver`: of norketamine, unchanged.
    """

    flow: Floats
    gut: Floats
    liver: Floats
    norketamine_gut: Floats
    norketamine_liver: Floats

    @property
    def swallowed(self) -> Floats:
        """The fraction of a swallowed dose that reaches the blood as ketamine (oral bioavailability)."""
        return self.gut * self.liver

    @property
    def swallowed_to_norketamine(self) -> Floats:
        """The fraction of a swallowed dose that reaches the blood as norketamine on its first pass.

        What the gut wall made has still to leave the gut wall; what either made has still to leave the liver.
        """
        made_in_gut = (1 - self.gut) * self.norketamine_gut
        return (made_in_gut + self.gut * (1 - self.liver)) * self.norketamine_liver


def passage(parameters: Mapping[str, Floats], covariates: Mapping[str, float]) -> Passage:
    """Well-stirred extraction by gut wall and liver, for individual `parameters` (L/min) and `covariates`.

    `weight_kg` sets the blood flows. `liver_function` scales the intrinsic liver clearance of both compounds.
    """
    p = parameters
    flow = p["QH"] * (covariates["weight_kg"] / p["reference_weight"]) ** p["flow_exponent"]
    villous = flow * p["INTESTINAL"] * p["MUCOSAL"] * p["VILLOUS"]
    through_gut = villous * p["CLPERM"] / (villous + p["CLPERM"])
    working = covariates["liver_function"]
    unbound, unbound_norketamine = p["FU"] / p["BP"], p["FUM"] / p["BPM"]
    return Passage(
        flow=flow,
        gut=through_gut / (through_gut + p["CLINT_GUT"]),
        liver=flow / (flow + unbound * p["CLINT_LIVER"] * working),
        norketamine_gut=villous / (villous + p["CLINT_GUT_M"]),
        norketamine_liver=flow / (flow + unbound_norketamine * p["CLINT_LIVER_M"] * working),
    )


def disposition(parameters: Mapping[str, Floats], through: Passage, sources: Sequence[str]) -> Compartments:
    """The body from the central compartment on, with room for `sources` in front of it.

    All ketamine that the liver takes up becomes norketamine, in ketamine mass, and passes the liver before it is seen.
    """
    p = parameters
    body = Compartments((*sources, *BODY), len(p["VC"]))
    body.exchange("ketamine", "fast", p["Q1"], p["VC"], p["VP1"])
    body.exchange("ketamine", "slow", p["Q2"], p["VC"], p["VP2"])
    taken_up = through.flow * (1 - through.liver) / p["VC"]
    body.flow("ketamine", "norketamine", taken_up * through.norketamine_liver)
    body.loss("ketamine", taken_up * (1 - through.norketamine_liver))
    body.exchange("norketamine", "norketamine tissue", p["QM"], p["VM"], p["VM2"])
    body.loss("norketamine", through.flow * (1 - through.norketamine_liver) / p["VM"])
    return body


def absorb(body: Compartments, source: str, rate: Floats, through: Passage) -> None:
    """First-order absorption from `source` in the gut, through gut wall and liver."""
    seen = through.swallowed + through.swallowed_to_norketamine
    body.flow(source, "ketamine", rate * through.swallowed)
    body.flow(source, "norketamine", rate * through.swallowed_to_norketamine)
    body.loss(source, rate * (1 - seen))


def outputs(body: Compartments, parameters: Mapping[str, Floats]) -> dict[str, Floats]:
    """Ketamine and norketamine in venous plasma (ng/mL)."""
    return {
        "ketamine": body.concentration("ketamine", parameters["VC"]),
        "norketamine": body.concentration("norketamine", parameters["VM"]),
    }


def build(parameters: Mapping[str, Floats], covariates: Mapping[str, float]) -> LinearSystem:
    """The system for individual `parameters` (L, L/min, /min) and `covariates` (`weight_kg`, `liver_function`)."""
    through = passage(parameters, covariates)
    body = disposition(parameters, through, ("gut",))
    absorb(body, "gut", parameters["KA"], through)
    return body.system(
        inputs={"iv": body.at("ketamine"), "oral": body.at("gut")},
        outputs=outputs(body, parameters),
    )
