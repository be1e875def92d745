"""Writing an order: the calculator, the curve before signing, the signatures."""
