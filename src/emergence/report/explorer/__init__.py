"""The explorer: one self-contained page on which every claim, run, rate and check can be looked at."""
