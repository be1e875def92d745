"""What the patient agrees to: the document, the tablet on which it is read and signed, and what ends it."""
