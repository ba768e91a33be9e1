"""What a user opens: rasters, vectors, map, metadata."""
