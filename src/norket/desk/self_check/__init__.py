"""What anybody may open without signing in: the self-check, and a referral by somebody else."""
