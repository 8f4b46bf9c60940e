"""Documents for readers: the paper with the numbers that it quotes, the explorer, and summaries of a run."""
