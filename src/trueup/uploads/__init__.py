"""FILES SENT THROUGH THE PORTAL: checked first, taken in once somebody confirms."""
