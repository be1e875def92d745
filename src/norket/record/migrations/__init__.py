"""The one migration chain of the record."""
