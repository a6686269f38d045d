"""The rows of a company: what is true, whatever the wire says about it."""
