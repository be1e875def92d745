"""What the clinic's record knows of the day beside the session's own ledger, in one value."""

from pydantic import BaseModel, ConfigDict

from norket.therapy.finding import Finding
from norket.therapy.instant import Instant
from norket.therapy.session.shapes import Answer


class Today(BaseModel):
    """`findings` are judged elsewhere: the chart for today, the stock and equipment, the people on site. `first_ever`
    says whether this patient never had the drug here (None: as it was planned). `lowers_glucose` says whether insulin
    or a sulfonylurea is taken, `interpreter` whether one is needed. `closes_at` is when the clinic closes today; one
    that `never_closes` has no such time. `capnography` says whether screening asks for expired CO2 today, and
    `capnography_for` names the rules that do, or of which it is not known.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    findings: tuple[Finding, ...] = ()
    first_ever: bool | None = None
    lowers_glucose: Answer = "unknown"
    interpreter: Answer = "unknown"
    nausea_prone: bool = False
    capnography: Answer = "unknown"
    capnography_for: tuple[str, ...] = ()
    closes_at: Instant | None = None
    never_closes: bool = False
