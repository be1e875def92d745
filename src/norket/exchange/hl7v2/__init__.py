"""HL7 v2 over MLLP: vital signs of bedside monitors come in, an acknowledgement goes out, and nothing is guessed."""
