"""Edges to the file system that every room shares: atomic writes, rasters, shipped resources."""
