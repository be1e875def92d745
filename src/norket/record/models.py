"""All tables of the record, collected from the slices for Django."""

from norket.record.access.models import Device, Token
from norket.record.audit.models import AuditHead, AuditLine
from norket.record.care.models import CareEvent
from norket.record.people.models import Chair, Clinic, Patient, Person
from norket.record.plan.models import ClinicSwitch, OrderRecord, PolicySignature, RescueSignature
from norket.record.readiness.models import ClinicEvent
from norket.record.referral.models import Referral, ReferralEvent
from norket.record.register.models import RegisterEntry
from norket.record.session.models import QuarantinedMessage, SampleChunk, SessionEvent, SessionRecord

__all__ = [
    "AuditHead",
    "AuditLine",
    "CareEvent",
    "Chair",
    "Clinic",
    "ClinicEvent",
    "ClinicSwitch",
    "Device",
    "OrderRecord",
    "Patient",
    "Person",
    "PolicySignature",
    "QuarantinedMessage",
    "Referral",
    "ReferralEvent",
    "RegisterEntry",
    "RescueSignature",
    "SampleChunk",
    "SessionEvent",
    "SessionRecord",
    "Token",
]
