"""What is stored: one Django app, one migration chain, the same slice names as `therapy`. Only `actions` write."""
