"""Settings of how training computes, for a GPU: precision, compilation, and how many runs share a job."""

from emergence.settings.base import Count, Precision, Strict


class Arithmetic(Strict):
    """How the training steps of a model are computed; what is kept and what is measured is always float32."""

    precision: Precision
    """bfloat16: products of forward pass, and so of gradients; weights and optimiser stay float32"""
    compile: bool
    """fuse the operations of forward pass and gradients (torch.compile), at the price of a minute a job"""


class Compute(Arithmetic):
    """How training computes, and what it shares a device with."""

    together: Count
    """runs of one size that train as one stack in one job; 1: each in its own"""
