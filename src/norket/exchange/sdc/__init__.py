"""Devices that speak IEEE 11073 SDC: a gateway of its own process that follows one and hands what it measures to the
HL7 port, where the one closed table of codes, units and ranges judges it like any other message."""
