"""What was answered to programs, by the key they named their request with."""
