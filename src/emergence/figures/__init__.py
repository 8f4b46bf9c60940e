"""One module per figure; each draws tables and computes nothing that a table should hold."""
