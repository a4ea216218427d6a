"""What the pages of the network share: forms that change it, what is in force and what comes, changes in words."""
