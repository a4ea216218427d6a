"""What can be typed: arguments, options and help of every command. Nothing here loads the database or the ledger."""
