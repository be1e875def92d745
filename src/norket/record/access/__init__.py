"""Who may do what: the policy that a clinician can read, devices and tokens."""
