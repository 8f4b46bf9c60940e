"""Subjects of measures: a model together with its probe data."""
