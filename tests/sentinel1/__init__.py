"""Tests of the room that reads Sentinel-1 products."""
