"""What this provider adds to Airflow's own pages."""

from __future__ import annotations

PREFIX = "/business-central"
"""Where the API server mounts the page."""

SECTION = "business_central"
"""The section of Airflow's configuration that is ours."""
