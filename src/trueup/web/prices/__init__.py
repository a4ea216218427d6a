"""What the pages of prices share."""
