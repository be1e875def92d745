"""What is known of a patient: every line with its day and source, and the form for one more."""
