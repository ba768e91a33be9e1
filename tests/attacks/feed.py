"""Use every archive of a folder as a job does, and tell how each ended and what it took.

``python -m tests.attacks.feed SANDBOX FOLDER``: a process of its own, so that its memory can be
measured and a crash is seen.
"""

import json
import resource
import sys
import time
from pathlib import Path

from landslidectl.errors import LandslidectlError
from landslidectl.files.gdal_environment import drop_foreign_variables
from tests.attacks.fuzz.readers import Sandbox, use_scene


def main() -> None:
    drop_foreign_variables()
    box = Sandbox(Path(sys.argv[1]))
    use_scene(box, box.scene)  # what a sound product takes is no harm
    for path in sorted(Path(sys.argv[2]).iterdir()):
        before, began = _peak_mb(), time.process_time()
        try:
            use_scene(box, path)
            ended, code = "used", 0
        except LandslidectlError as error:
            ended, code = error.message, error.exit_code
        told = {
            "name": path.stem,
            "ended": ended,
            "exit_code": code,
            "seconds": time.process_time() - began,
            "grown_mb": _peak_mb() - before,
        }
        sys.stdout.write(json.dumps(told) + "\n")


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
