"""The update from this patient: what the session has shown, learned by the models, prior and posterior side by side.

It changes no order, no limit and no curve of the record. Its use may be kept as a note, whose basis lies in the audit.
"""

from datetime import datetime
from math import ceil
from typing import TYPE_CHECKING, Any
from uuid import UUID

from norket.record.audit import actions as audit
from norket.record.canonical import canonical, digest
from norket.record.session import actions, advice, chunks, interacting, queries
from norket.record.session.doubt import UNCERTAIN, UPDATED
from norket.record.session.prediction import (
    DRAWS,
    SHOWN_AFTER_MIN,
    Drawn,
    drawn,
    engine_doses,
    engine_patient,
    seed,
)
from norket.record.session.samples import stamp
from norket.record.writer import writing
from norket.therapy.actor import Actor
from norket.therapy.finding import Refused
from norket.therapy.session.advice import Evidence, Measured, Seen, evidence
from norket.therapy.session.delivered import history
from norket.therapy.session.events import Note
from norket.therapy.session.state import SessionState

if TYPE_CHECKING:
    from norket.pharmacology.individual.observation import Observation
    from norket.pharmacology.individual.parameters import Parameter
    from norket.pharmacology.individual.posterior import Posterior

POSTERIOR_DRAWS = 2000
CUFF = "sbp_mmhg"
PERCENT = 100.0
CURVES = ("ketamine", "effect_site")


def learned(session_id: UUID, now: datetime) -> dict[str, Any] | Refused:
    """Prior and posterior curves, what changed and by how much, and the readings behind it. Writes nothing."""
    state = queries.state(session_id)
    closed = advice.refused(session_id) or advice.not_for(state, now)
    if closed is not None:
        return closed
    cuff = [sample for _, sample in chunks.after(session_id, 0) if sample.channel == CUFF]
    found = evidence(state, cuff, queries.base(), now)
    told = found.refused or _updated(state, found, now)
    return told if isinstance(told, Refused) else interacting.warned_given(told, session_id, state, now)


def _updated(state: SessionState, found: Evidence, now: datetime) -> dict[str, Any] | Refused:
    from norket.pharmacology.refusals import NotCoveredError  # noqa: PLC0415 -- loads the engine
    from norket.pharmacology.update import update  # noqa: PLC0415

    present, patient = drawn(state, now), engine_patient(state)
    if isinstance(present, Refused) or patient is None:
        return present if isinstance(present, Refused) else Refused(code="nothing_to_predict", why="No weight yet.")
    given = engine_doses(history(state, now, planned=False), present.zero)
    try:
        posterior = update(
            patient, given, [_observation(one, present) for one in found.used], draws=POSTERIOR_DRAWS, seed=seed(state)
        )
        return _document(present, posterior, found, now)
    except NotCoveredError as error:
        return Refused(code=error.code, why=str(error))


def _observation(seen: Seen | Measured, present: Drawn) -> "Observation":
    from norket.pharmacology.individual.observation import Observation  # noqa: PLC0415 -- loads the engine

    if isinstance(seen, Measured):
        return Observation.level(
            seen.analyte,
            seen.value_ng_ml,
            present.minute(seen.at),
            seen.site,
            enantiomer=seen.enantiomer,
            error_cv=seen.error_cv,
            below=seen.below,
        )
    minute, rest = present.minute(seen.at), seen.rest_readings
    return Observation.score(seen.what, seen.value, seen.unit, minute, error_sd=seen.error_sd, rest_readings=rest)


def _document(present: Drawn, posterior: "Posterior", found: Evidence, now: datetime) -> dict[str, Any]:
    doses = engine_doses(present.doses, present.zero)
    last = max(dose.end_min for dose in doses)
    times = list(range(ceil(max(last, present.minute(now))) + SHOWN_AFTER_MIN + 1))
    shown = posterior.predict(doses, times, draws=DRAWS)
    curves = {
        name: {
            when: getattr(prediction, name).band()
            for when, prediction in (("before", shown.prior), ("after", shown.posterior))
        }
        for name in CURVES
    }
    effects = {
        name: {"before": _band(band.prior), "after": _band(band.posterior), "unit": band.effect.unit}
        for name, band in shown.effects.items()
    }
    return {
        "zero_at": stamp(present.zero),
        "unknown": [UNCERTAIN] if present.others else [],
        "now_min": present.minute(now),
        "times_min": times,
        **curves,
        "effects": effects,
        "changed": [_changed(one) for one in posterior.parameters],
        "bits": posterior.bits,
        "used": [{"at": stamp(one.at), "said": one.said} for one in found.used],
        "left": [{"at": stamp(one.at), "said": one.said, "why": one.why} for one in found.left],
        "taught": [
            {"observation": one.observation, "bits": one.bits, "chance": one.chance} for one in posterior.taught
        ],
        "models": list(posterior.models),
        "method": posterior.method,
        "effective": posterior.effective,
        "warnings": [*([UPDATED] if present.others else []), *posterior.warnings],
        "sources": [reference.model_dump(mode="json") for reference in posterior.sources],
        "edition": posterior.edition,
        "seed": posterior.seed,
    }


def _band(band: Any) -> dict[str, list[float]]:
    return dict(zip(("p5", "p50", "p95"), (line.tolist() for line in band), strict=True))


def _changed(one: "Parameter") -> dict[str, Any]:
    names = ("of", "label", "unit", "typical", "p5", "p50", "p95", "learned")
    return {name: getattr(one, name) for name in names} | {
        "change_percent": PERCENT * (one.p50 / one.typical - 1) if one.typical else None
    }


def keep_use(session_id: UUID, by: Actor, now: datetime, command_id: str) -> actions.Acted | Refused:
    """Notes in the ledger that the update was looked at, and keeps its whole basis in the audit chain. Orders stay."""
    found = learned(session_id, now)
    if isinstance(found, Refused):
        return found
    basis = {name: value for name, value in found.items() if name not in (*CURVES, "times_min", "effects")}
    mark = digest(canonical(basis))
    text = (
        f"Update from this patient looked at: {len(found['used'])} readings, {', '.join(found['models'])}, "
        f"{found['bits']:.1f} bits learned, knowledge {found['edition'][:12]}. No order was changed. Basis {mark[:12]}."
    )
    with writing(str(session_id)):
        done = actions.act(session_id, Note(text=text), by=by, now=now, command_id=command_id)
        if not isinstance(done, Refused) and not done.replay:
            data = {"kind": "update", "sha256": mark, "basis": basis, "command": command_id}
            audit.append("advice_basis", actor=by.id, subject=f"session:{session_id}", at=now, data=data)
    return done
