"""Each part of the file beside the tables it is kept in: read as the file would say it, and written."""
