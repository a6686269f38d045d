"""The doctor: whether a connection works, step by step, and otherwise the cause and the remedy."""
