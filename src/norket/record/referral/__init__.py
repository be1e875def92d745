"""Referrals: who asked for help here, kept from the first word until the clinic has answered."""
