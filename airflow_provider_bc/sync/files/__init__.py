"""Tables of files in object storage: formats, staged parts, manifests, compaction."""
