"""Measurements: `make bench`. Every run prints the machine and both sides of a comparison."""
