"""What `make bench` runs: times, memory and object counts of the whole stack, printed as one table."""
