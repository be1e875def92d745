"""One treatment session: commands, events, the fold of events into a state, decisions, and the watch over time."""
