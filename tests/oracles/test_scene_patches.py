"""Homogeneous patches must measure their sigma nought on the map, to a tenth of a decibel.

Each patch has some 35,000 pixels; the means over three dates carry a standard deviation of 0.01
(bright) to 0.026 dB (dark), measured over ten seeds, so that 0.1 dB is beyond the reach of speckle.
"""

import numpy as np
import pytest

from tests.oracles.conftest import Mapped
from tests.oracles.measure import decibels, halves
from tests.oracles.world import BRIGHT_DB, DARK_DB, NESZ_DB

TOLERANCE_DB = 0.1
DATES = (0, 1, 2)


def test_patches_measure_their_sigma_nought(mapped: Mapped) -> None:
    flights = [mapped.flight, *(mapped.flight.on_date(date) for date in DATES[1:])]
    values = np.stack([Mapped(flight, mapped.dem).values() for flight in flights])
    assert np.isfinite(values).all()
    for band, bright, dark in zip(values.mean(axis=0), BRIGHT_DB, DARK_DB, strict=True):
        found = [decibels(mean) for mean in halves(mapped.flight, band)]
        assert found == pytest.approx([bright, dark], abs=TOLERANCE_DB)


def test_the_dark_patch_lies_near_the_noise(mapped: Mapped) -> None:
    """Only then does the patch above say that noise is removed."""
    frame = mapped.flight.frame
    vh = mapped.flight.luts[1]
    power = vh.noise_power(frame.shape) / vh.amplitude(frame.shape) ** 2
    assert decibels(float(power.mean())) == pytest.approx(NESZ_DB[1], abs=1.0)
    assert NESZ_DB[1] > DARK_DB[1] - 2.5
