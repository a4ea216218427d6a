"""`python -m trueup` is the same as the command `trueup`."""

from trueup.config.cli import main

if __name__ == "__main__":
    main()
