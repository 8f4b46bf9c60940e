"""What a stranger reads: the paper, and what it quotes."""
