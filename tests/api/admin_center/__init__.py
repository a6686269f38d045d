"""Tests of the Admin Center API's vocabulary."""
