"""The product contract: every file, layer and attribute, once.

The writers take names, types and descriptions from here, and so does the README of each product:
what is written and what is said about it cannot drift apart.
"""

SCHEMA_VERSION = "1.0"
