"""The clinic's figures, and the medical director's signature under them."""
