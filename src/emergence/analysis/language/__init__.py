"""Analyses of language models beside the stages of Study 1."""
