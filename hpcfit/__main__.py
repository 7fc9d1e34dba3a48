"""`python -m hpcfit` is the command `hpcfit`."""

from hpcfit.cli.app import main

main()
