"""Share servers, crowds, pictures and tables between benchmarks."""
