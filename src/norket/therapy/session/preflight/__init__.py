"""What a start still lacks. Every item is a finding; a start needs all of them clear, and unknown is never clear.

The figures, labels and what to do next stand in the knowledge entries `preflight.*`.
"""

from norket.therapy.session.preflight import capnography
from norket.therapy.session.preflight.baseline import baseline_state, fit_to_start, would_stop
from norket.therapy.session.preflight.drug import stock_state
from norket.therapy.session.preflight.fasting import fasting_state
from norket.therapy.session.preflight.in_hand import check_state
from norket.therapy.session.preflight.items import findings, is_asked, missing, offered
from norket.therapy.session.preflight.nurse import NurseLoad, load_state, nurse_load
from norket.therapy.session.preflight.pressure import is_severe, pressure_state
from norket.therapy.session.preflight.signed import open_alerts
from norket.therapy.session.preflight.today import Today
from norket.therapy.session.preflight.weight import weight_state, weights_agree

__all__ = [
    "NurseLoad",
    "Today",
    "baseline_state",
    "capnography",
    "check_state",
    "fasting_state",
    "findings",
    "fit_to_start",
    "is_asked",
    "is_severe",
    "load_state",
    "missing",
    "nurse_load",
    "offered",
    "open_alerts",
    "pressure_state",
    "stock_state",
    "weight_state",
    "weights_agree",
    "would_stop",
]
