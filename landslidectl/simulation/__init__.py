"""A Sentinel-1 event made by forward projection: terrain, slides, scenes as SAFE products."""
