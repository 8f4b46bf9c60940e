"""Analyses of Study 4 alone."""
