"""`python -m norket.cli`."""

from norket.cli import main

main()
