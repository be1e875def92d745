"""The closed list of units that a figure may carry, so that no reader has to guess what a number means.

Texts follow UCUM where clinicians read it without help ("mg/kg", "/min"; "mm[Hg]" is written "mmHg"); "1" is a ratio
or a count, "score" a point of a named scale. Adding a unit is a deliberate edit of this file.
"""

AMOUNT = ("kg", "g", "mg", "ug", "ng", "mmol", "umol", "nmol", "mL", "L")
DOSE = ("mg/kg", "ug/kg", "mg/h", "mg/kg/h", "ug/kg/min", "mg/min", "mg/m2", "mL/h", "mL/min", "drops/min")
CONCENTRATION = ("mg/mL", "mg/L", "ug/mL", "ug/L", "ng/mL", "mmol/L", "umol/L", "nmol/L", "nmol/mL", "mol/L", "mg/dL")
EXPOSURE = ("ng.h/mL", "ng.min/mL", "ug.h/L/mg")
TIME = ("ms", "s", "min", "h", "d", "wk", "mo", "a")
SIGN = ("mmHg", "/min", "%", "Cel", "kg/m2", "cm", "m", "m2", "dB", "Hz")
SLOPE = ("mmHg/(ng/mL)", "/min/(ng/mL)", "%/(ng/mL)", "score/(ng/mL)", "/h", "/s", "mmHg/min", "min/mo", "L/h/a")
DISPOSITION = ("L/kg", "L/h", "L/min", "L/h/kg", "L/min/kg", "mL/min/kg", "mL/h/kg", "L/h/70kg", "L/70kg", "L/min/70kg")
PHYSICS = ("g/mol", "mg/mg", "Pa", "kPa")
LABORATORY = ("U/L", "IU/L", "mIU/L", "mL/min/1.73m2", "10*9/L", "g/L", "g/dL", "mg/g", "mm")
COUNT = ("1", "score", "persons", "patients", "items", "readings", "intervals", "doses", "sessions", "alerts", "events")

UNITS = frozenset(
    AMOUNT + DOSE + CONCENTRATION + EXPOSURE + TIME + SIGN + SLOPE + DISPOSITION + PHYSICS + LABORATORY + COUNT
)
