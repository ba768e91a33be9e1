"""Patches of mapped events, and training on them."""
