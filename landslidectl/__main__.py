"""Entry of ``python -m landslidectl`` and of the standalone program."""

from landslidectl.cli.app import main

if __name__ == "__main__":
    main()
