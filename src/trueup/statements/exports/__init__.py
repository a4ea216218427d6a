"""Files of statements: one module for each format, a registry of all."""
