"""The admin center API: the tenant's environments, and the operations that change them."""
