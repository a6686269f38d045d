"""What `dev.py` runs inside the virtual environment; no part of the package."""
