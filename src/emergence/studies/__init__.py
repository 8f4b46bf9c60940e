"""The studies: the settings of each, what its stages are given, and the runs that it asks for."""
