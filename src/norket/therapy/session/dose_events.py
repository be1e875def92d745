"""The commands and events of a drug in hand: drawn up, checked by two, given by another route than the pump, lost,
ordered by word of mouth; and of the rescue medicines."""

from typing import Annotated, Literal

from pydantic import Field

from norket.therapy.instant import Instant
from norket.therapy.session.shapes import (
    Amount,
    Answer,
    Fact,
    Frozen,
    Identifiers,
    Intent,
    Name,
    Reading,
    Text,
)

DoseRoute = Literal["im", "sc", "intranasal", "sublingual", "oral"]
Loss = Literal["lost", "sneezed", "vomited", "spat_out", "leaked"]
VerbalAct = Literal["give_bolus", "change_rate", "resume", "give_dose", "give_rescue", "stop_infusion", "other"]
RescueClass = Literal["sedative", "antihypertensive", "reversal", "antiemetic", "oxygen", "other"]


# ---- commands --------------------------------------------------------------------------------------------------------


class PrepareDose(Fact):
    """The drug is in hand: lot, milligrams, volume and label of what is drawn, `devices` of a spray, and who checked
    it. `vial_ml`, where it is said, is what left the vial: the milligrams are then computed from its strength and
    compared."""

    type: Literal["prepare_dose"] = "prepare_dose"
    product_id: Name
    lot: Name
    drawn_mg: Amount
    vial_ml: Amount | None = None
    diluent: Text = ""
    volume_ml: Amount | None = None
    concentration_mg_ml: Amount | None = None
    devices: Annotated[int, Field(ge=1)] | None = None
    checker: Name


class CheckDose(Frozen):
    """One of the two people of the time-out of a dose without a pump, with what that person has in hand: volume and
    strength as the syringe says, devices, or milligrams. `allergies` yes: asked, and none that matters."""

    type: Literal["check_dose"] = "check_dose"
    product_id: Name
    route: DoseRoute
    amount_mg: Amount | None = None
    volume_ml: Amount | None = None
    concentration_mg_ml: Amount | None = None
    devices: Annotated[int, Field(ge=1)] | None = None
    allergies: Answer
    identifiers: Identifiers


class GiveDose(Frozen):
    """A dose by another route than the infusion. Intended, it needs an order of that route and the whole pre-flight."""

    type: Literal["give_dose"] = "give_dose"
    route: DoseRoute
    product_id: Name
    amount_mg: Amount
    volume_ml: Amount | None = None
    site: Text = ""
    device_n: Annotated[int, Field(ge=1)] | None = None
    device_of: Annotated[int, Field(ge=1)] | None = None
    given_by: Text = ""
    order_id: Text = ""
    identifiers: Identifiers | None = None
    as_: Intent = Field(default="intended", alias="as")
    at: Instant | None = None


class RecordHold(Fact):
    """How long dose number `dose` of the ledger was held in the mouth, and whether the rest was spat or swallowed."""

    type: Literal["record_hold"] = "record_hold"
    dose: Annotated[int, Field(ge=1)]
    held_min: Reading
    then: Literal["spat", "swallowed", "unknown"] = "unknown"


class RecordLostDose(Fact):
    """Dose number `dose` of the ledger did not all stay: how much reached the patient is not known, and nothing is
    given again by itself."""

    type: Literal["record_lost_dose"] = "record_lost_dose"
    dose: Annotated[int, Field(ge=1)]
    how: Loss
    detail: Text = ""


class GiveRescue(Frozen):
    """A rescue medicine: ordered from a template that the medical director signed, or given already. `answers` are what
    was asked at the chair, by id of the check; of a controlled medicine the lot stands beside it, with what of the
    ampoule was wasted and who saw it. In an emergency the name is enough; amount and route follow as a correction."""

    type: Literal["give_rescue"] = "give_rescue"
    drug: Name
    amount: Amount | None = None
    unit: Text = ""
    route: Text = ""
    template: Text = ""
    answers: dict[Name, Answer] = Field(default_factory=dict)
    identifiers: Identifiers | None = None
    product_id: Text = ""
    lot: Text = ""
    wasted_mg: Reading = 0.0
    witness: Text = ""
    sedative: bool = False
    rescue_class: RescueClass | None = None
    as_: Intent = Field(default="intended", alias="as")
    at: Instant | None = None


class RecordVerbalOrder(Fact):
    """What a prescriber ordered by word of mouth, entered by who heard it and read it back."""

    type: Literal["record_verbal_order"] = "record_verbal_order"
    prescriber: Name
    act: VerbalAct
    text: Annotated[str, Field(min_length=1, max_length=2000)]
    read_back: bool


class Countersign(Fact):
    """The prescriber signs the verbal order that event `order` of the ledger holds."""

    type: Literal["countersign"] = "countersign"
    order: Annotated[int, Field(ge=1)]


Command = (
    PrepareDose | CheckDose | GiveDose | RecordHold | RecordLostDose | GiveRescue | RecordVerbalOrder | Countersign
)


# ---- events ----------------------------------------------------------------------------------------------------------


class DosePrepared(Frozen):
    """Drug was drawn up; `flags` say what of it does not stand."""

    type: Literal["dose_prepared"] = "dose_prepared"
    product_id: str
    lot: str
    drawn_mg: Amount
    vial_ml: Amount | None = None
    diluent: str = ""
    volume_ml: Amount | None = None
    concentration_mg_ml: Amount | None = None
    devices: Annotated[int, Field(ge=1)] | None = None
    checker: str
    flags: tuple[str, ...] = ()


class DoseCheckRecorded(Frozen):
    """One person had the dose in hand; `amount_mg` is what it holds, `agrees` whether that is as ordered."""

    type: Literal["dose_check_recorded"] = "dose_check_recorded"
    product_id: str
    route: DoseRoute
    amount_mg: Amount | None = None
    volume_ml: Amount | None = None
    concentration_mg_ml: Amount | None = None
    devices: Annotated[int, Field(ge=1)] | None = None
    allergies: Answer
    agrees: bool
    flags: tuple[str, ...] = ()


class DoseGiven(Frozen):
    """A dose by another route was given, under `order_id` where it was ordered. `drug` is that of the product,
    `capnography_for` names the rules of screening that ask for expired CO2."""

    type: Literal["dose_given"] = "dose_given"
    route: DoseRoute
    product_id: str
    drug: Literal["ketamine", "esketamine"] | None = None
    amount_mg: Amount
    volume_ml: Amount | None = None
    site: str = ""
    device_n: Annotated[int, Field(ge=1)] | None = None
    device_of: Annotated[int, Field(ge=1)] | None = None
    given_by: str = ""
    order_id: str = ""
    flags: tuple[str, ...] = ()
    capnography_for: tuple[str, ...] = ()


class HoldRecorded(Frozen):
    """A dose was held in the mouth for so long, then spat out or swallowed."""

    type: Literal["hold_recorded"] = "hold_recorded"
    dose: int
    held_min: Reading
    then: Literal["spat", "swallowed", "unknown"] = "unknown"


class LostDoseRecorded(Frozen):
    """How much of a dose reached the patient is not known: from none to all."""

    type: Literal["lost_dose_recorded"] = "lost_dose_recorded"
    dose: int
    how: Loss
    detail: str = ""


class RescueGiven(Frozen):
    """A rescue medicine was given. `template` and `version` name the signed template it was ordered from; without them
    it was recorded as a fact. An amount that is not known yet is absent."""

    type: Literal["rescue_given"] = "rescue_given"
    drug: str
    amount: Amount | None = None
    unit: str = ""
    route: str = ""
    template: str = ""
    version: int | None = None
    answers: dict[str, Answer] = Field(default_factory=dict)
    product_id: str = ""
    lot: str = ""
    wasted_mg: Reading = 0.0
    witness: str = ""
    sedative: bool = False
    rescue_class: RescueClass | None = None
    flags: tuple[str, ...] = ()

    @property
    def may_sedate(self) -> bool:
        """Whether it is a sedative for all that anybody knows: one of no known class counts as one."""
        return self.sedative or self.rescue_class is None


class VerbalOrderRecorded(Frozen):
    """A verbal order; the record closes when its prescriber has signed it."""

    type: Literal["verbal_order_recorded"] = "verbal_order_recorded"
    prescriber: str
    act: VerbalAct
    text: str
    read_back: bool
    flags: tuple[str, ...] = ()


class VerbalOrderCountersigned(Frozen):
    """The prescriber signed a verbal order."""

    type: Literal["verbal_order_countersigned"] = "verbal_order_countersigned"
    order: int


Event = (
    DosePrepared
    | DoseCheckRecorded
    | DoseGiven
    | HoldRecorded
    | LostDoseRecorded
    | RescueGiven
    | VerbalOrderRecorded
    | VerbalOrderCountersigned
)
