"""The knowledge base to read: every rule and figure with its source, and where each founding fact lives."""
