"""From the end of the drug to the door: the gates that hold the patient. Paper holds the record, never the patient."""
