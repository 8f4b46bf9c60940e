"""Neuron-based multifractal analysis of weights (arXiv:2402.09099), and of graphs to validate it.

`interaction` builds a neuron interaction network from weights, `boxes` counts the neighbours of each neuron within a
radius, `partition` computes the spectrum, and `nulls` builds the null networks. `sandbox` analyses any graph, `graphs`
provides graphs with known exponents. NumPy and SciPy alone; float64 from distances on.
"""
