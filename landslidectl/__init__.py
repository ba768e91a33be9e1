"""Find earthquake-triggered landslides in Sentinel-1 radar scenes, offline.

See ``landslidectl --help`` for the program and ``assets/docs/`` for the manual.
"""

__version__ = "0.1.0"

__all__ = ["__version__"]
