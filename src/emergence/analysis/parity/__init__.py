"""Study 2: networks on multitask sparse parity beside closed forms, and Study 1's tools at known emergence times."""
