"""What becomes of each medicine beside ketamine for one session, and the prescriber's decision about each."""
