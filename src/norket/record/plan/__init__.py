"""Orders as they were signed, and the clinic's own signature under its limits."""
