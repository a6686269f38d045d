"""The Admin Center API: environments, their operations, apps, settings and exports."""
