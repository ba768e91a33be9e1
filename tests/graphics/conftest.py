"""A graphics device that LiteRT can use; these tests are skipped where there is none.

A software device will do: SwiftShader of Debian's package ``chromium-common``, with ``libvulkan1``
and its manifest named in VK_ICD_FILENAMES, as .ci/run sets it up.
"""

from pathlib import Path

import pytest

from landslidectl.jobs.graphics import Findings, ask

SHIPPED = Path(__file__).parents[2] / "models"


@pytest.fixture(scope="session")
def findings() -> Findings:
    """What a child process says of the device, tried with one shipped network."""
    found = ask([SHIPPED / "cnn_vv"], threads=1, software_too=True)
    if not found.trials:
        pytest.skip(
            f"no graphics device: {found.reason} (name one in VK_ICD_FILENAMES; .ci/run does)"
        )
    return found
