"""Settings of each stage, in modules as narrow as the stages, so that an edit re-runs just their readers."""
