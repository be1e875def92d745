"""CDS Hooks 2.0: a hospital that has a record system of its own asks here what stands against ketamine for a patient,
and gets the findings of the same screening as cards. It answers from what was sent and calls nobody back."""
