"""What benchmarks share: servers, crowds, pictures, tables."""
