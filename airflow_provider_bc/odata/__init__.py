"""OData as Business Central speaks it: literals, filters, queries, pages, metadata."""
