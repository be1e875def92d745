"""What was before: treatment that was tried, documents that rules ask for, whether a pregnancy is possible."""
