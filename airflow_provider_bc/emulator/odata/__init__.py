"""OData as Business Central speaks it: query options, filters, expansion, pages."""
