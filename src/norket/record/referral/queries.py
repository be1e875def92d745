"""How the referrals of a clinic stand, those that need somebody first in front."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from norket.record.referral.models import Referral, ReferralEvent
from norket.therapy.referral.events import EVENT, Recorded
from norket.therapy.referral.fold import CLOSED, Standing, fold

URGENCY = ("said", "not_known", "not_said")


@dataclass(frozen=True)
class Waiting:
    """What waits: how many referrals nobody has read, and in how many open ones danger was heard and nobody spoke."""

    unread: int
    danger: int
    oldest: datetime | None


def recorded(row: ReferralEvent) -> Recorded:
    """The event that a row holds."""
    return Recorded(n=row.n, recorded_at=row.recorded_at, by=row.by, event=EVENT.validate_json(row.data))


def standing(referral_id: UUID) -> Standing:
    """How one referral stands."""
    return fold([recorded(row) for row in ReferralEvent.objects.filter(referral_id=referral_id).order_by("n")])


def open_ones(clinic_id: UUID) -> list[tuple[UUID, Standing]]:
    """The open referrals: where danger was heard first, then where it is not known, and the oldest of each first."""
    ids = Referral.objects.filter(clinic_id=clinic_id).exclude(events__type__in=CLOSED).values_list("id", flat=True)
    return sorted(_standings(ids), key=lambda one: (_urgency(one[1]), one[1].received.recorded_at))


def closed_ones(clinic_id: UUID, most: int) -> list[tuple[UUID, Standing]]:
    """The referrals that were answered last, the newest answer first."""
    ids = ReferralEvent.objects.filter(referral__clinic_id=clinic_id, type__in=CLOSED).order_by("-recorded_at", "-id")
    newest = list(ids.values_list("referral_id", flat=True)[:most])
    return sorted(_standings(newest), key=lambda one: newest.index(one[0]))


def waiting(clinic_id: UUID) -> Waiting:
    """What waits for the staff of a clinic."""
    found = [one for _, one in open_ones(clinic_id)]
    unread = [one for one in found if one.seen is None]
    danger = [one for one in found if one.referral.risk.state == "said" and not one.spoken]
    oldest = min((one.received.recorded_at for one in {*unread, *danger}), default=None)
    return Waiting(len(unread), len(danger), oldest)


def _urgency(one: Standing) -> int:
    return URGENCY.index(one.referral.risk.state)


def _standings(ids: Iterable[UUID]) -> list[tuple[UUID, Standing]]:
    ledgers: dict[UUID, list[Recorded]] = {}
    for row in ReferralEvent.objects.filter(referral_id__in=list(ids)).order_by("referral_id", "n"):
        ledgers.setdefault(row.referral_id, []).append(recorded(row))
    return [(referral, fold(ledger)) for referral, ledger in ledgers.items()]
