"""From pages to files: columns, commits, watermark, progress, report."""
