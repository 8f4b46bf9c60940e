"""The schema of every table, written once, in modules as narrow as the stages that write and read them."""
