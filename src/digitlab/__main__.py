"""`python -m digitlab`: the same as the command `digitlab`."""

from digitlab.cli import main

main()
