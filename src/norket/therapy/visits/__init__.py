"""The visits that a signed plan makes, each judged for its own day."""
