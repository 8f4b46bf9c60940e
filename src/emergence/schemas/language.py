"""Tables of language models."""

from emergence.tables import Schema

ITEMS = Schema(
    "items",
    {
        "probe": "string",
        "kind": "string",
        "pair": "int64",
        "prompt": "string",
        "right": "string",
        "wrong?": "string",
    },
)
"""Questions to a language model: a prompt, and a right and a wrong continuation, each with the blank it starts with.

Pairs are mirrored: what is right in one item is wrong in the other. Items of the probe ``text`` are passages in two
halves, each a pair of its own; there is no wrong continuation.
"""
