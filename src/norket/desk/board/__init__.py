"""The board of chairs: every session that is not over, the most urgent first."""
