"""The commands and events of the pump and its line: timing out, starting, changing, pausing, stopping, failing."""

from typing import Literal

from pydantic import Field

from norket.therapy.instant import Instant
from norket.therapy.session.shapes import (
    Amount,
    Fact,
    Frozen,
    Identifiers,
    Intent,
    Name,
    Reading,
    Text,
)

SiteFailure = Literal["infiltration", "extravasation", "dislodged", "blocked", "other"]
Drug = Literal["ketamine", "esketamine"]
PumpFault = Literal["alarm", "battery", "restart", "wrong_volume", "other"]


# ---- commands --------------------------------------------------------------------------------------------------------


class TimeOut(Frozen):
    """One of the two people of the time-out, with the pump as that person read it."""

    type: Literal["time_out"] = "time_out"
    rate_ml_h: Amount
    volume_ml: Amount
    identifiers: Identifiers


class StartInfusion(Frozen):
    """The pump starts under a signed order. Intended, it needs the whole pre-flight."""

    type: Literal["start_infusion"] = "start_infusion"
    order_id: Name
    product_id: Name
    concentration_mg_ml: Amount
    rate_ml_h: Amount
    volume_ml: Amount | None = None
    identifiers: Identifiers
    as_: Intent = Field(default="intended", alias="as")
    at: Instant | None = None


class ChangeRate(Frozen):
    """The pump runs at another rate, inside the band of the order."""

    type: Literal["change_rate"] = "change_rate"
    rate_ml_h: Reading
    reason: Text = ""
    as_: Intent = Field(default="intended", alias="as")
    at: Instant | None = None


class GiveBolus(Frozen):
    """A single dose into the running line; never by a nurse."""

    type: Literal["give_bolus"] = "give_bolus"
    amount_mg: Amount
    identifiers: Identifiers | None = None
    as_: Intent = Field(default="intended", alias="as")
    at: Instant | None = None


class Pause(Fact):
    """The pump is paused; recorded whoever says so and whatever runs."""

    type: Literal["pause"] = "pause"
    reason: Text = ""
    unnamed: bool = False  # tapped on a locked screen: the name follows


class Resume(Frozen):
    """The pump goes on after a pause; after a T2 or T3 ordering this is for the prescriber."""

    type: Literal["resume"] = "resume"
    reason: Text = ""
    as_: Intent = Field(default="intended", alias="as")
    at: Instant | None = None


class StopInfusion(Fact):
    """The pump is stopped for good; recorded whoever says so and whatever runs."""

    type: Literal["stop_infusion"] = "stop_infusion"
    reason: Text = ""
    unnamed: bool = False  # tapped on a locked screen: the name follows


class ChangeSyringe(Fact):
    """A new syringe on the pump, with lot, strength and checker."""

    type: Literal["change_syringe"] = "change_syringe"
    product_id: Name
    lot: Name
    concentration_mg_ml: Amount
    drawn_mg: Amount
    volume_ml: Amount
    checker: Name


class RecordWaste(Fact):
    """Drug thrown away, and who is said to have seen it: it is witnessed when that person signs (`witness_waste`)."""

    type: Literal["record_waste"] = "record_waste"
    amount_mg: Reading
    witness: Text = ""


class CheckSite(Fact):
    """The cannula was looked at and runs well. One that does not is recorded as failed."""

    type: Literal["check_site"] = "check_site"
    detail: Text = ""


class RecordSiteFailed(Fact):
    """The cannula failed: what ran since the last good look may not have arrived. `pump_stopped`: the pump stands."""

    type: Literal["record_site_failed"] = "record_site_failed"
    failure: SiteFailure
    pump_stopped: bool = True
    read_ml: Reading | None = None
    detail: Text = ""


class RecordPumpFault(Fact):
    """The pump alarmed, lost power, started anew or was set wrongly. `read_ml`: infused so far, as the pump says."""

    type: Literal["record_pump_fault"] = "record_pump_fault"
    fault: PumpFault
    pump_stopped: bool = True
    read_ml: Reading | None = None
    detail: Text = ""


class ReadPump(Fact):
    """The volume infused so far (mL), as read from the pump."""

    type: Literal["read_pump"] = "read_pump"
    read_ml: Reading


Command = (
    TimeOut
    | StartInfusion
    | ChangeRate
    | GiveBolus
    | Pause
    | Resume
    | StopInfusion
    | ChangeSyringe
    | RecordWaste
    | CheckSite
    | RecordSiteFailed
    | RecordPumpFault
    | ReadPump
)


# ---- events ----------------------------------------------------------------------------------------------------------


class TimeOutRecorded(Frozen):
    """One person read the pump; `agrees` says whether it was as ordered."""

    type: Literal["time_out_recorded"] = "time_out_recorded"
    rate_ml_h: Amount
    volume_ml: Amount
    agrees: bool
    flags: tuple[str, ...] = ()


class InfusionStarted(Frozen):
    """The pump runs. `volume_ml` is what was programmed (absent: not known, so nothing bounds it); `flags` says what a
    fact recorded against the order or a limit, `capnography_for` which rules of screening ask for expired CO2; `drug`
    is that of the product."""

    type: Literal["infusion_started"] = "infusion_started"
    order_id: str
    product_id: str
    drug: Drug | None = None
    concentration_mg_ml: Amount
    rate_ml_h: Amount
    volume_ml: Amount | None
    flags: tuple[str, ...] = ()
    capnography_for: tuple[str, ...] = ()


class RateChanged(Frozen):
    """The pump ran at another rate from here."""

    type: Literal["rate_changed"] = "rate_changed"
    rate_ml_h: Reading
    reason: str = ""
    flags: tuple[str, ...] = ()


class BolusGiven(Frozen):
    """A single dose went into the line."""

    type: Literal["bolus_given"] = "bolus_given"
    amount_mg: Amount
    flags: tuple[str, ...] = ()


class InfusionPaused(Frozen):
    """The pump was paused; with flags when nothing ran. `told_at`: when it is said to have been, where it is written at
    another instant."""

    type: Literal["infusion_paused"] = "infusion_paused"
    reason: str = ""
    flags: tuple[str, ...] = ()
    unnamed: bool = False
    told_at: Instant | None = None


class InfusionResumed(Frozen):
    """The pump went on. `happened`: it was found running, whatever the ledger said before."""

    type: Literal["infusion_resumed"] = "infusion_resumed"
    reason: str = ""
    happened: bool = False
    flags: tuple[str, ...] = ()


class InfusionStopped(Frozen):
    """The infusion ended: stopped by a person, or the programmed volume had run (`complete`). `told_at`: when it is
    said to have been, where it is written at another instant."""

    type: Literal["infusion_stopped"] = "infusion_stopped"
    reason: str = ""
    complete: bool = False
    delivered_mg: Reading
    flags: tuple[str, ...] = ()
    unnamed: bool = False
    told_at: Instant | None = None


class SyringeChanged(Frozen):
    """A new syringe ran from here; `drug` is that of the product."""

    type: Literal["syringe_changed"] = "syringe_changed"
    product_id: str
    drug: Drug | None = None
    lot: str
    concentration_mg_ml: Amount
    drawn_mg: Amount
    volume_ml: Amount
    checker: str
    flags: tuple[str, ...] = ()


class WasteRecorded(Frozen):
    """Drug was thrown away."""

    type: Literal["waste_recorded"] = "waste_recorded"
    amount_mg: Reading
    witness: str = ""
    flags: tuple[str, ...] = ()


class SiteChecked(Frozen):
    """The cannula was looked at and ran well."""

    type: Literal["site_checked"] = "site_checked"
    detail: str = ""


class SiteFailed(Frozen):
    """The cannula failed: what ran since the last good look is uncertain, from none to all, perhaps late. `flags` when
    the pump's volume is not what was computed."""

    type: Literal["site_failed"] = "site_failed"
    failure: SiteFailure
    pump_stopped: bool = True
    read_ml: Reading | None = None
    detail: str = ""
    flags: tuple[str, ...] = ()


class PumpFaultRecorded(Frozen):
    """The pump failed; it is read again by two people before more drug is ordered."""

    type: Literal["pump_fault_recorded"] = "pump_fault_recorded"
    fault: PumpFault
    pump_stopped: bool = True
    read_ml: Reading | None = None
    detail: str = ""
    flags: tuple[str, ...] = ()


class PumpRead(Frozen):
    """The volume infused so far, as the pump says; `flags` when it is not what was computed."""

    type: Literal["pump_read"] = "pump_read"
    read_ml: Reading
    flags: tuple[str, ...] = ()


Event = (
    TimeOutRecorded
    | InfusionStarted
    | RateChanged
    | BolusGiven
    | InfusionPaused
    | InfusionResumed
    | InfusionStopped
    | SyringeChanged
    | WasteRecorded
    | SiteChecked
    | SiteFailed
    | PumpFaultRecorded
    | PumpRead
)
