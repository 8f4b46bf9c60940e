"""Closed forms of the exactly solvable model of emergence: multitask sparse parity (arXiv:2404.17563, v3).

A multilinear model f = Σ_k a_k b_k g_k learns skills g_k of frequency P_s(k) = A k^−(α+1). The emergence of each skill
in time, data and width follows without simulation, as do the scaling laws of the loss; `descent` trains the models for
comparison. Everything is float64; time is in optimiser steps. Arrays (...) of steps, samples, widths or shares give
arrays (..., skills), the most frequent skill first.
"""
