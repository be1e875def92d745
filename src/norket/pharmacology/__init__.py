"""What the drug does in a body: doses and a patient in, concentrations with their uncertainty out.

Pure: no clock, no network, no random state of its own. The seed is an argument, so that the same question has the
same answer; every number comes from the knowledge base, with its unit and source.
"""
