"""The page where a person checks a connection and signs in for it."""
