"""The protocol lab: runs a population in chunks, on this machine or on many, and keeps what came of it.

The same seed gives the same answer, whoever computed which chunk, and a run that was killed goes on where it stopped.
"""
