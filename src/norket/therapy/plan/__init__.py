"""The signed dose: its equivalents in every unit, and the limits that an order must keep."""
