"""WHO: the channel tree, its regions and account types, the people in it and what each may do."""
