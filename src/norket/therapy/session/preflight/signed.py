"""What stands before the patient comes: the clinic's policy, the order, who the patient is, and no open alert."""

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import finding
from norket.therapy.finding import Finding
from norket.therapy.session.state import Alert, SessionState


def policy(base: KnowledgeBase, policy_signed: bool) -> Finding:
    why = "The clinic's policy is signed." if policy_signed else "The clinic's policy is not signed."
    return finding(base, "preflight.policy", "clear" if policy_signed else "fires", why)


def order(state: SessionState, base: KnowledgeBase) -> Finding:
    signed = state.order is not None
    why = "A signed order is on file." if signed else "No order is signed for this session."
    return finding(base, "preflight.order", "clear" if signed else "unknown", why)


def identity(state: SessionState, base: KnowledgeBase) -> Finding:
    if state.checked_in_at is None:
        return finding(base, "preflight.identity", "unknown", "The patient is not checked in with two identifiers.")
    return finding(base, "preflight.identity", "clear", "Checked in with two identifiers.")


def alerts(state: SessionState, base: KnowledgeBase) -> Finding:
    """Alerts about the patient; one about the equipment has its own way to be settled."""
    rule = "preflight.alerts"
    raised = [alert.why for alert in open_alerts(state)]
    if raised:
        return finding(base, rule, "fires", f"Open alert: {' '.join(raised)}", inputs={"open": len(raised)})
    return finding(base, rule, "clear", "No T2 or T3 alert is open.")


def open_alerts(state: SessionState) -> tuple[Alert, ...]:
    """The alerts of the upper tiers about the patient that are not over."""
    return tuple(a for a in state.alerts if a.cleared_at is None and a.tier in ("T2", "T3") and not a.technical)
