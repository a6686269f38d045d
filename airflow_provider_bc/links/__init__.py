"""Links of tasks: from Airflow to where a person sees what a task did."""
