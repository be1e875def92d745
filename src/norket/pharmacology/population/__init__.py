"""Many patients at once: the same equations as the engine, in the form that answers a million of them."""
