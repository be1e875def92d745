"""A patient who is not there: vital signs that answer to the dose, sent over the same wires as a real monitor's.

For training and for tests. It is a client of the interfaces that every device uses, and knows nothing else.
"""
