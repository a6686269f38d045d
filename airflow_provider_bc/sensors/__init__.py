"""Sensors: wait until Business Central holds what a DAG needs."""
