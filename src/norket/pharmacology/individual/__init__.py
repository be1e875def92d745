"""One patient's own parameters from what was measured: observations in, the posterior of the random effects out."""
