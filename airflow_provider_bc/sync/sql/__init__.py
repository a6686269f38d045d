"""A table of a database as a destination, through SQLAlchemy.

::

    table          what `SqlTable` offers the engine
    ├── staging    rows on their way, durable together with the position of the read
    │   └── intake     Arrow into a staging table, as fast as each database takes it
    ├── merge      staging into the table, in one transaction
    ├── state      what is known of tables, their commits and stagings
    ├── shape      tables, and how they gain and widen columns
    ├── types      Arrow's types in each database
    ├── transaction
    └── failures   what a database says, as our errors
"""

from airflow_provider_bc.sync.sql.table import SqlTable

__all__ = ["SqlTable"]
