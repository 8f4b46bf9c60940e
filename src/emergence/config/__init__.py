"""The configuration: a module for each larger top-level key of `config.yaml`; `configuration` has the others."""
