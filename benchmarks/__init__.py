"""Speed and memory: every figure the project quotes, each against a baseline on the same data in the same run."""
