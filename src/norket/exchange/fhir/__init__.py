"""FHIR R4: bundles of hospitals and laboratories are read into charts here. Nothing is guessed, nothing is dropped
silently, and no framework is loaded, so that `norket screen` works without a server."""

from norket.exchange.fhir.bundle import FhirError, is_bundle, read_bundle
from norket.exchange.fhir.notes import NotRead

__all__ = ["FhirError", "NotRead", "is_bundle", "read_bundle"]
