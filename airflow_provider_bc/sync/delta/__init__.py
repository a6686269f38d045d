"""Tables in Delta Lake: one version for each load, its watermark in the commit itself."""
