"""Who is here: clinics, their staff, their patients and their chairs."""
