"""WHO OWES WHOM: billing reports, statements, corrections."""
