"""Reading and writing: tables, tensors, resumable jobs, and provenance."""
