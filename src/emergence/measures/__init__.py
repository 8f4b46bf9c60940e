"""What is seen at one checkpoint: one module a measure.

A measure module holds a function ``measure(model, probe, rng, settings) -> rows``: the model at one checkpoint, the
`emergence.measures.probe.Probe` it is looked at through, a random generator, and the measure's own settings. A row is a
dict with the keys task, level, layer (None where the value is of the whole model), variant, value and standard_error.

To add a measure: put its module here and its name, with options if it has any, under ``measures`` in the configuration.
"""
