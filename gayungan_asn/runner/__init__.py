"""What `./run` does: environment, servers, processes, checks. Knows nothing of the four apps."""
