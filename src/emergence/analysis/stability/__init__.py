"""Claims judged again under other settings, by the functions that judge them in the claims table."""
