"""Whether two identifiers name the patient of this session. Two that agree, or it is somebody else."""

from norket.therapy.finding import Refused
from norket.therapy.session.state import SessionState


def mismatch(state: SessionState, identifiers: tuple[str, str] | None) -> Refused | None:
    """A refusal `identity_mismatch` unless both identifiers, different from each other, are the patient's."""
    known = {_plain(identifier) for identifier in state.plan.identifiers} if state.plan else set()
    given = {_plain(identifier) for identifier in identifiers or ()}
    if len(given) == 2 and given <= known:  # noqa: PLR2004 -- two identifiers, as the act asks for
        return None
    if identifiers is None:
        why = "Two identifiers of the patient are needed for this. Read both from the wristband."
    else:
        why = "The identifiers are not both those of this session's patient. Stop and check who is in the chair."
    return Refused(code="identity_mismatch", why=why)


def _plain(identifier: str) -> str:
    return " ".join(identifier.split()).casefold()
