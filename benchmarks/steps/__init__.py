"""What is measured. Each step runs in a process of its own (`benchmarks.child`), so that its memory is its own."""
