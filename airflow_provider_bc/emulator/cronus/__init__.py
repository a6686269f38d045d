"""The demonstration data: a small CRONUS with everything that is awkward in a real one."""
