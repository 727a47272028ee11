"""What the benchmarks share: builds, servers, load, counters and medians. Python's standard library only."""
