"""A patient's care between sessions: what is known, found, decided, agreed and planned, as one ledger."""
