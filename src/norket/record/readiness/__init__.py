"""Whether a clinic is ready today, on record: lists that were checked, people on site, credentials, hours."""
