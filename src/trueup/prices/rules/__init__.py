"""The decisions about prices: plain Python."""
