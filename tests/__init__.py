"""A package by name: a library that the tests use installs one that is called `tests` too, and would be found first."""
