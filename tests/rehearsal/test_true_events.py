"""Every event that has to be told is told: each criterion, by hand and by the monitor, at any moment, among noise.

And the harness that says so is shown to notice a rule that was deleted and a limit that was moved.
"""

from dataclasses import replace

import pytest
from support.alerts import LATE_S, STEPS, TrueEvent, told, true_event

from norket import knowledge
from norket.knowledge import Entry, KnowledgeBase
from norket.therapy.session.criteria import criteria

BASE = knowledge.read()
BY_DECISION = {"cannula_in"}  # raised where leaving is decided, not by the watch
KINDS = [
    (rule, by_device)
    for rule in criteria(BASE)
    if rule.data["channel"] not in BY_DECISION
    for by_device in ((False, True) if rule.data["channel"] in STEPS else (False,))
]


def missed(seeds: range, kinds: list[tuple[Entry, bool]], base: KnowledgeBase = BASE) -> tuple[list[str], list[float]]:
    """The events of these seeds that were not told in time, and how long after the first possible second the others
    were."""
    silent, late = [], []
    for seed in seeds:
        for rule, by_device in kinds:
            event = true_event(rule, by_device, seed, base)
            if told(event):
                late.append(event.told_after_s or 0.0)
            else:
                silent.append(f"{rule.id} {'by the monitor' if by_device else 'by hand'}, seed {seed}")
    return silent, late


def test_each_criterion_is_told_by_hand_and_by_the_monitor() -> None:
    silent, late = missed(range(1), KINDS)
    assert silent == []
    assert len(late) == len(KINDS)
    assert max(late) <= LATE_S


@pytest.mark.faults
@pytest.mark.long
def test_all_of_a_thousand_true_events_are_told() -> None:
    silent, late = missed(range(1, 2 + 1000 // len(KINDS)), KINDS)
    assert silent == []
    assert len(late) >= 1000
    assert max(late) <= LATE_S


# ---- planted bugs: each has to be noticed --------------------------------------------------------------------------

HARD = [kind for kind in KINDS if kind[0].data["tier"] in ("T2", "T3")]


def changed(rule: Entry, entry: Entry | None) -> KnowledgeBase:
    """The base without a rule, or with another one in its place."""
    kept = tuple(entry if each.id == rule.id else each for each in BASE.entries)
    return replace(BASE, edition="changed", entries=tuple(each for each in kept if each is not None))


def alone(kind: tuple[Entry, bool]) -> bool:
    """Whether no criterion of the same sign and tier, or a higher one, would tell the same event."""
    rule = kind[0]
    return not any(
        other.id != rule.id
        and other.data["channel"] == rule.data["channel"]
        and other.data.get("code") == rule.data.get("code")
        and other.data["comparison"] == rule.data["comparison"]
        and other.data["tier"] >= rule.data["tier"]
        for other, _ in KINDS
    )


@pytest.mark.parametrize("kind", [kind for kind in HARD if alone(kind)], ids=lambda kind: f"{kind[0].id}-{kind[1]}")
def test_a_deleted_rule_is_noticed(kind: tuple[Entry, bool]) -> None:
    rule, by_device = kind
    event: TrueEvent = true_event(rule, by_device, 1, BASE)
    event.chair.base = changed(rule, None)
    # the event is judged by the whole base, the watch looks with the one that lacks the rule
    assert not told(replace(event, rule=rule)), rule.id


@pytest.mark.parametrize(
    "kind",
    [kind for kind in HARD if alone(kind) and kind[0].values and kind[0].data["channel"] in STEPS],
    ids=lambda kind: f"{kind[0].id}-{kind[1]}",
)
def test_a_limit_that_was_moved_is_noticed(kind: tuple[Entry, bool]) -> None:
    rule, by_device = kind
    step = STEPS[rule.data["channel"]] + 1
    figure = rule.values[0]
    assert figure.value is not None
    away = figure.value + step if rule.data["comparison"] in (">=", ">") else figure.value - step
    moved = rule.model_copy(update={"values": (figure.model_copy(update={"value": away}), *rule.values[1:])})
    event = true_event(rule, by_device, 1, BASE)
    event.chair.base = changed(rule, moved)
    assert not told(event), rule.id
