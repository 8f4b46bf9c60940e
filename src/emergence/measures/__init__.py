"""Measures of one checkpoint, one module each.

A measure module holds a function ``measure(subject, rng, settings) -> rows``:

- ``subject`` is a model with its groups of examples (`emergence.subjects.subject.Subject`), left unchanged;
- ``rng`` is a random generator (`numpy.random.Generator`), of the run's seed and the step;
- ``settings`` are the measure's options, a model of `emergence.config.measures` or one made from the declared ones;
- each row is one value (`emergence.subjects.subject.row`): its group and layer, if it is of one, and its variant.

Label, variants and default options are declared in the module (`emergence.measures.declarations`).

To add a measure: add its module and its test, and its name under ``measures`` in the configuration.
"""
