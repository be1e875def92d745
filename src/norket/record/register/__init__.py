"""The drug register: what came, was drawn, wasted, returned and counted, with a running balance."""
