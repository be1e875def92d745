"""Patients: the list, and one patient's summary."""
