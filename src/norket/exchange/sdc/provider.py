"""One SDC device followed with the library `sdc11073`: what it reports, as reports of ours.

The library calls back from threads of its own; what comes is put on a queue, and nothing is decided here.
"""

import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sdc11073 import observableproperties
from sdc11073.certloader import mk_ssl_contexts_from_folder
from sdc11073.consumer.consumerimpl import SdcConsumer
from sdc11073.definitions_sdc import SdcV1Definitions
from sdc11073.mdib.consumermdib import ConsumerMdib
from sdc11073.mdib.statecontainers import NumericMetricStateContainer, PatientContextStateContainer
from sdc11073.xml_types.pm_types import ComponentActivation, ContextAssociation

from norket.exchange.sdc.report import Metric, Report

MOST_WAITING = 10_000
NOT_MEASURED = "NA"
Now = Callable[[], datetime]


class Device:
    """A device that is connected. Its reports come from `reports`; while no patient, or more than one, is associated
    with it there are none: a number that belongs to nobody is not handed on."""

    def __init__(self, consumer: SdcConsumer, now: Now) -> None:
        self.consumer, self.now = consumer, now
        self.reports: queue.Queue[Report] = queue.Queue(MOST_WAITING)
        self.lost = 0
        description: Any = consumer.host_description
        self.identity = str(description.relationship.Host.EndpointReference.Address)
        self.mdib: Any = ConsumerMdib(consumer)
        self.mdib.init_mdib()  # type: ignore[no-untyped-call]
        observableproperties.bind(self.mdib, metrics_by_handle=self._measured)  # type: ignore[no-untyped-call]

    @property
    def connected(self) -> bool:
        return bool(self.consumer.is_connected) and self.mdib.is_initialized

    def patient(self) -> str | None:
        """The record number of the one associated patient; None when there is none, or it is not clear which."""
        named = {
            identifier.Extension
            for state in self.mdib.context_states.objects
            if isinstance(state, PatientContextStateContainer)
            and state.ContextAssociation == ContextAssociation.ASSOCIATED
            for identifier in state.Identification
        }
        return named.pop() if len(named) == 1 else None

    def _measured(self, states: dict[str, Any]) -> None:
        patient = self.patient()
        metrics = tuple(
            self._metric(state) for state in states.values() if isinstance(state, NumericMetricStateContainer)
        )
        if patient is None or not metrics:
            return
        number = f"{str(self.mdib.sequence_id)[-12:]}-{self.mdib.mdib_version}"
        try:
            self.reports.put_nowait(Report(self.identity, patient, number, self.now(), metrics))
        except queue.Full:
            self.lost += 1

    def _metric(self, state: NumericMetricStateContainer) -> Metric:
        """A metric that is switched off has a last value and measures nothing."""
        descriptor: Any = self.mdib.descriptions.handle.get_one(state.DescriptorHandle)
        value: Any = state.MetricValue
        on = state.ActivationState in (None, ComponentActivation.ON)
        measured = on and value is not None and value.DeterminationTime is not None
        return Metric(
            handle=state.DescriptorHandle,
            code=descriptor.Type.Code,
            system=descriptor.Type.CodingSystem,
            name=descriptor.Type.SymbolicCodeName,
            unit=descriptor.Unit.Code,
            unit_system=descriptor.Unit.CodingSystem,
            value=value.Value if measured else None,
            validity=str(value.MetricQuality.Validity.value) if measured else NOT_MEASURED,
            at=datetime.fromtimestamp(value.DeterminationTime, UTC) if measured else None,
        )


@contextmanager
def connected(address: str, certificates: Path | None, now: Now) -> Iterator[Device]:
    """The device at `address`, until the block ends. `certificates` is the folder with our key, our certificate and
    the authority's (userkey.pem, usercert.pem, cacert.pem); None speaks without encryption."""
    context = mk_ssl_contexts_from_folder(certificates) if certificates else None
    consumer = SdcConsumer(address, SdcV1Definitions, context)
    consumer.start_all()
    try:
        yield Device(consumer, now)
    finally:
        consumer.stop_all()
