"""What has to be known before a dose: tests ordered, done and waived, capacity, and questionnaires."""
