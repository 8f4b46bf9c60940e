"""Study 2: networks on multitask sparse parity against closed forms, and Study 1's tools where the truth is known."""
