"""Rows into Business Central: read, checked, compared, written in batches, each accounted for."""
