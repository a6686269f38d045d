"""Triggers: they wait in the triggerer, and move no data."""
