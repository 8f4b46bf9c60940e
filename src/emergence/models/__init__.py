"""Models: transformers and two-layer networks, and weights in the Hugging Face layout."""
