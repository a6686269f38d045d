"""Operators: one task, one call of Business Central."""
