"""Analyses of Study 1, the geometric anatomy of emergence."""
