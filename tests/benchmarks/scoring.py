"""Speed of scoring, by hand: ``python tests/benchmarks/scoring.py PART MODELS ...``.

``windows``: the published example, both ways, 8 bits against float. ``runtimes``: against OpenVINO
and onnxruntime, where they are installed. ``frame``: a whole frame from file to file, its memory,
and what overlaps. ``ceiling``: the multiply-adds in 8 bits that the processor can do. Each part
prints one table; run it on an idle machine for its wall seconds.
"""

import argparse
import platform

import score_ceiling
import score_frame
import score_networks
import score_runtimes
import score_windows

PARTS = {
    "windows": score_windows,
    "runtimes": score_runtimes,
    "frame": score_frame,
    "ceiling": score_ceiling,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parts = parser.add_subparsers(dest="part", required=True)
    for name, module in PARTS.items():
        part = parts.add_parser(name, description=module.__doc__)
        score_networks.add_arguments(part)
        module.add_arguments(part)
        part.set_defaults(run=module.run)
    given = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}")
    given.run(given)


if __name__ == "__main__":
    main()
