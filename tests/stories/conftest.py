"""What stories stand on: the command line."""

from tests.jobs.conftest import trueup

__all__ = ["trueup"]
