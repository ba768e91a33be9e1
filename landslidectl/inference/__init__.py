"""Models: manifests, the LiteRT interpreter and sliding-window scoring."""
