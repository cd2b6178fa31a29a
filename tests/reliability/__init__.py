"""Killed processes, frozen processes, lying processes: what was confirmed is kept, what has an effect happens once."""
