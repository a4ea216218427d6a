"""EDGE: the REST API, for programs. The same actions and queries as the portal and the command line."""
