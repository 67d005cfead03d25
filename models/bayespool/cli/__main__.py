"""``python -m bayespool.cli`` is the command ``bayespool``."""

from bayespool.cli import main

main()
