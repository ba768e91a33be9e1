import numpy as np
import pytest

from landslidectl.detection.change import Change, change_of, energy, sigmas, smoothed, whitened
from landslidectl.terms import Quality
from tests.detection.planted import GRID, slide, speckle, windows

EVERYWHERE = np.ones(GRID.shape, dtype=bool)
NOWHERE = ~EVERYWHERE
CLEAR = np.full(GRID.shape, int(Quality.TESTED), dtype=np.uint8)


def test_shift_scale_and_correlation_of_steady_ground_go() -> None:
    noise = speckle()
    rows = np.linspace(-1.0, 1.0, GRID.rows, dtype=np.float32)[:, None]
    bands = np.stack([1.5 * noise[0] + 3.0 + 2.0 * rows, noise[0] + 0.5 * noise[1] - 1.0])
    white = whitened(bands, EVERYWHERE, NOWHERE)
    assert white.mean(axis=(1, 2)) == pytest.approx([0.0, 0.0], abs=0.03)
    assert white.std(axis=(1, 2)) == pytest.approx([1.0, 1.0], abs=0.08)
    assert np.corrcoef(white[0].ravel(), white[1].ravel())[0, 1] == pytest.approx(0.0, abs=0.05)


def test_a_slide_hardly_moves_what_steady_ground_is() -> None:
    noise = speckle(bands=1)
    quiet = whitened(noise, EVERYWHERE, NOWHERE)
    slid = whitened(noise + 6.0 * slide(), EVERYWHERE, windows())
    outside = ~slide()
    assert np.abs(slid - quiet)[0][outside].max() < 0.5
    assert (slid - quiet)[0][slide()].mean() > 1.8


def test_energy_of_steady_ground_is_one_and_both_signs_count_alike() -> None:
    change = change_of([speckle()], [CLEAR], NOWHERE)
    assert energy(smoothed(change, 2.0, EVERYWHERE)).mean() == pytest.approx(1.0, abs=0.15)
    sign = np.where(np.indices(GRID.shape)[0] < 90, 1.0, -1.0)
    both = [speckle() + np.float32(4.0) * slide() * sign.astype(np.float32)]
    strength = energy(smoothed(change_of(both, [CLEAR], windows()), 2.0, ~windows()))
    upper, lower = slide(80, 110, 10, 8), slide(100, 110, 10, 8)
    assert min(strength[upper].mean(), strength[lower].mean()) > 8.0


def test_what_a_track_cannot_see_clearly_is_left_to_the_other() -> None:
    hidden = CLEAR.copy()
    hidden[:100] |= int(Quality.LAYOVER)
    change = change_of([speckle(1), speckle(2)], [hidden, CLEAR], NOWHERE)
    assert change.layers.shape == (4, *GRID.shape)
    assert change.weights[:, 50, 50].tolist() == [0.0, 0.0, 1.0, 1.0]
    assert change.weights[:, 150, 50].tolist() == [1.0, 1.0, 1.0, 1.0]
    alone = change_of([speckle(1)], [hidden], NOWHERE)
    assert alone.weights[:, 50, 50].tolist() == [1.0, 1.0]


def test_unobserved_pixels_carry_nothing() -> None:
    bands = speckle()
    bands[0, :40] = np.nan
    change = change_of([bands], [CLEAR], NOWHERE)
    assert not change.observed[:40].any()
    assert change.observed[40:].all()
    assert not change.layers[:, :40].any()
    assert np.isfinite(energy(smoothed(change, 2.0, EVERYWHERE))).all()


@pytest.mark.parametrize("layers", [1, 2, 4])
def test_sigmas_of_noise_are_those_of_a_normal_whatever_the_number_of_layers(layers: int) -> None:
    rng = np.random.default_rng(layers)
    noise = rng.standard_normal((layers, 300, 300)).astype(np.float32)
    change = Change(noise, np.ones_like(noise))
    found = sigmas(change, energy(change))
    assert found.mean() == pytest.approx(0.0, abs=0.05)
    assert (found > 2.0).mean() == pytest.approx(0.0228, abs=0.008)
