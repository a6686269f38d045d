"""Assets: what a DAG may say that it reads or brings up to date."""
