"""A table of a database as a destination, through SQLAlchemy.

::

    table              what `SqlTable` offers the engine
    ├── staging        rows on their way, durable together with the position of the read
    │   ├── stagings   who writes into which staging table, and how far it reaches
    │   ├── intake     Arrow into a staging table, as fast as each database takes it
    │   └── merge      staged rows into the table
    ├── registry       which tables are ours, and their columns
    ├── commits        the newest commit of each company
    ├── reading        rows as Arrow
    ├── shape          tables, and how they gain and widen columns
    ├── types          Arrow's types in each database
    ├── transaction    one that does not lock other companies out
    └── failures       what a database says, as our errors
"""

from airflow_provider_bc.sync.sql.table import SqlTable

__all__ = ["SqlTable"]
