"""Transfers: from Business Central to where the data is used."""
