"""The standalone program: what goes into it, how it is built, packed and described.

Runs on a release engineer's machine (``python -m landslidectl.packaging``); it never ships.
"""
