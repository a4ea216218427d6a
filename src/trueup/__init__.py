"""TrueUp: the monthly true-up of software distribution, from daily usage to approved values."""

__version__ = "0.1.0"
