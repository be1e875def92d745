"""What else there is, what the patient chooses and why, and what treatment is to change."""
