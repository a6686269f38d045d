"""What Business Central's APIs consist of: entity sets, their properties, keys and navigation."""
