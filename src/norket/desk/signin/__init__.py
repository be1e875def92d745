"""Signing in, and the demo's role buttons."""
