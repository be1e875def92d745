"""Referrals as staff see them: who needs somebody first, what was said, and what is answered."""
