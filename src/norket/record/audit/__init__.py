"""What was done and by whom, in a chain that shows any later change."""
