"""The ledger of each session: its events, the device samples beside them, and the one way to add to it."""
