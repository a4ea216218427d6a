"""What the file means, what it would change, and how a customer's history grows."""
