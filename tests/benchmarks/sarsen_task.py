"""sarsen's terrain correction of one polarisation, in sarsen's own environment.

``python sarsen_task.py SAFE DEM OUT [POLARISATION]``: no noise removal, as sarsen has none.
"""

import json
import sys
import time

began, cpu = time.monotonic(), time.process_time()

import sarsen  # noqa: E402

imported_cpu_s = time.process_time() - cpu


def main() -> None:
    safe, dem, out, *rest = sys.argv[1:]
    polarisation = rest[0] if rest else "VV"
    product = sarsen.Sentinel1SarProduct(safe, f"IW/{polarisation}")
    sarsen.terrain_correction(product, dem_urlpath=dem, output_urlpath=out, interp_method="linear")
    print(
        json.dumps(
            {
                "version": sarsen.__version__,
                "import_cpu_s": imported_cpu_s,
                "cpu_s": time.process_time() - cpu,
                "wall_s": time.monotonic() - began,
            }
        )
    )


if __name__ == "__main__":
    main()
