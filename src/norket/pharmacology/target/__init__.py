"""From a target level back to a pump: the fewest rate changes that keep the typical curve within a tolerance.

Everything that caps a suggestion is an argument or a figure of the knowledge base; a limit that is missing or is not a
number refuses the plan. A plan is never an order: nothing here can start a pump or sign anything.
"""

from norket.pharmacology.target.allowed import Limits, limits
from norket.pharmacology.target.parts import NEVER_AN_ORDER, Binding, Chances, Step, TradeOff, WakeUp
from norket.pharmacology.target.plan import plan_target
from norket.pharmacology.target.result import TargetPlan

__all__ = [
    "NEVER_AN_ORDER",
    "Binding",
    "Chances",
    "Limits",
    "Step",
    "TargetPlan",
    "TradeOff",
    "WakeUp",
    "limits",
    "plan_target",
]
