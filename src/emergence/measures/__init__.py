"""What is seen at one checkpoint: one module a measure.

A measure module holds a function ``measure(subject, rng, settings) -> rows``: the model at one checkpoint with the
examples it is seen through (`emergence.measures.subject.Subject`), a random generator, and the measure's own settings.
`emergence.measures.subject.row` makes a row.

To add a measure: put its module here and its name, with options if it has any, under ``measures`` in the configuration.
"""
