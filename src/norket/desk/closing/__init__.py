"""After the door: the sheet for home, the record of a session, its form, and what the clinic still has to do."""
