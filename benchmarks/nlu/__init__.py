"""Ours against what could be had ready-made: the same training and test sentences, in one run."""
