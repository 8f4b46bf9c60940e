"""The claims table: what was published, what this run finds, the control beside it, and a verdict by rule.

Published values are those of arXiv:2602.15997, versions 1, 3 and 4.
"""
