"""Compiled loops over floats and arrays. They import nothing of ours and know nothing of drugs.

The compiler takes longer to load than everything else together, so the kernels of the engine load on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from norket.pharmacology.kernels.exponential import exponentials as exponentials
    from norket.pharmacology.kernels.percentiles import percentiles as percentiles
    from norket.pharmacology.kernels.series import follow as follow
    from norket.pharmacology.kernels.steps import propagate as propagate

_HOMES = {"exponentials": "exponential", "follow": "series", "propagate": "steps", "percentiles": "percentiles"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'norket.pharmacology.kernels' has no attribute {name!r}")
    kernel = getattr(import_module(f"norket.pharmacology.kernels.{_HOMES[name]}"), name)
    globals()[name] = kernel
    return kernel
