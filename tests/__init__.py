"""The tests; `tests/run` sets up and runs them."""
