"""Neuron-based multifractal analysis of weights (arXiv:2402.09099), and that of graphs to validate it.

`interaction` makes a network of neurons from weights, `boxes` counts the neighbours of each neuron within a radius,
`partition` makes their spectrum, and `nulls` the networks that every result stands beside. `sandbox` analyses any
graph, `graphs` has some with known exponents. NumPy and SciPy alone; float64 from distances on.
"""
