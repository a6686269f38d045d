"""Business Central's side of the wire: from a URL and a bearer to an answer."""
