"""From a first question to a patient: what people say of themselves or of somebody whom they refer."""
