"""The audit chain: what was done and by whom, and whether the chain holds."""
