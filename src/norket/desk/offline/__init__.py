"""The live page without the network."""
