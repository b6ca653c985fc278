"""Benchmarks, run by hand: `python -m tests.speed`. They print figures and ratios and assert nothing."""
