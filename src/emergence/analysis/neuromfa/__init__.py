"""Study 3: what the weights of every trajectory tell as networks of neurons, beside what growth alone would."""
