"""The ledger of each patient's care between sessions."""
