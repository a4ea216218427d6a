"""The decisions about statements: plain Python."""
