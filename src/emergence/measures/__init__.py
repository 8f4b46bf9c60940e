"""Measures of one checkpoint, one module each.

A measure module holds a function ``measure(subject, rng, settings) -> rows``: of a model with its groups of examples
(`emergence.subjects.subject.Subject`), a random generator, and the measure's options. `emergence.subjects.subject.row`
is one row. Label, variants and default options are declared in the module (`emergence.measures.declarations`).

To add a measure: add its module and its test, and its name under ``measures`` in the configuration.
"""
