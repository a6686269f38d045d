"""The bridge to Airflow: a connection becomes a client, our errors become Airflow's."""
