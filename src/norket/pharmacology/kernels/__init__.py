"""Compiled loops over floats and arrays. They import nothing of ours and know nothing of drugs."""
