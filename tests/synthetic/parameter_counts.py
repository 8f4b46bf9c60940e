"""Numbers of parameters in closed form."""


def of_transformer(layers: int, width: int, vocabulary: int, context: int) -> int:
    """Exact number of parameters: 12d² + 13d a block, 2d for the last norm, d a token and a position.

    >>> of_transformer(layers=2, width=128, vocabulary=21, context=43)
    404992
    """
    return layers * (12 * width**2 + 13 * width) + 2 * width + (vocabulary + context) * width


def of_scalar_transformer(inputs: int, width: int) -> int:
    """Exact number of parameters: (3 + n)d embed, the block has 12d² + 13d, the last norm 2d, the read-out nd + 1.

    >>> of_scalar_transformer(inputs=37, width=512)
    3192833
    """
    return (3 + inputs) * width + 12 * width**2 + 13 * width + 2 * width + inputs * width + 1
