"""The command `airflow business-central`."""
