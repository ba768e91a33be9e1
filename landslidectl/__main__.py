"""Entry of ``python -m landslidectl`` and of the standalone program."""

import multiprocessing

from landslidectl.cli.app import main

if __name__ == "__main__":
    multiprocessing.freeze_support()  # a frozen worker would otherwise start the program again
    main()
