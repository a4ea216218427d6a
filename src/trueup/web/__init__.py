"""THE PORTAL: the pages where MSPs prepare and distributors review."""
