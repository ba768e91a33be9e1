import numpy as np

from landslidectl.simulation.frame import REFERENCE_DELAY_S, delay_shift_s, horner
from landslidectl.simulation.geodesy import geodetic
from landslidectl.simulation.orbit import zero_doppler
from landslidectl.terms import Phase


def frames(event):
    return [part.frame for view in event.tracks for part in view.phases.values()]


def test_range_polynomials_invert_each_other(small_event):
    for frame in frames(small_event):
        pixel = np.linspace(0, frame.samples - 1, 200)
        for record in frame.records:
            slant = horner(record.to_slant, pixel * 10.0)
            back = horner(record.to_ground, slant - frame.near_range_m) / 10.0
            assert np.abs(back - pixel).max() < 1e-3


def test_adjacent_records_differ(small_event):
    for frame in frames(small_event):
        starts = np.array([record.to_ground[0] for record in frame.records]) / 10.0
        assert np.ptp(starts) > 0.3
        assert np.allclose(np.diff([record.time_s for record in frame.records]), 1.0)


def test_pixels_and_lines_round_trip(small_event):
    rng = np.random.default_rng(3)
    for frame in frames(small_event):
        line, pixel = rng.uniform(0, frame.lines, 50), rng.uniform(0, frame.samples, 50)
        point = frame.ground(line, pixel, rng.uniform(0.0, 2000.0, 50))
        time, slant = zero_doppler(frame.orbit, point)
        assert np.abs(frame.line(time, slant) - line).max() < 1e-5
        assert np.abs(frame.pixel(time, slant) - pixel).max() < 1e-5


def test_lines_follow_half_the_delay_beyond_the_reference(small_event):
    frame = frames(small_event)[0]
    time, slant = frame.time_range(np.array([10.0, 10.0]), np.array([20.0, 150.0]))
    shift = time - frame.first_line_s - 10.0 * frame.line_interval_s
    delay = 2.0 * slant / 299792458.0
    assert np.allclose(shift, (delay - REFERENCE_DELAY_S) / 2.0, atol=1e-12)
    assert np.allclose(shift, delay_shift_s(slant), atol=1e-12)


def test_times_are_whole_microseconds(small_event):
    for frame in frames(small_event):
        last = frame.first_line_s + (frame.lines - 1) * frame.line_interval_s
        for time in (frame.first_line_s, last, *(record.time_s for record in frame.records)):
            assert abs(time * 1e6 - round(time * 1e6)) < 1e-3


def test_the_area_lies_inside_both_rasters(small_event):
    from landslidectl.simulation.geodesy import ecef, map_to_degrees

    area = small_event.area
    x, y = np.meshgrid([area.left, area.right], [area.bottom, area.top])
    lon, lat = map_to_degrees(small_event.epsg, x, y)
    for view in small_event.tracks:
        for phase in Phase:
            frame = view.phases[phase].frame
            time, slant = zero_doppler(view.orbit, ecef(lon, lat, np.full(lon.shape, 1000.0)))
            line, pixel = frame.line(time, slant), frame.pixel(time, slant)
            assert line.min() > 5 and line.max() < frame.lines - 5
            assert pixel.min() > frame.border[0] and pixel.max() < frame.samples - frame.border[1]
            assert abs(geodetic(frame.ground(line, pixel, 1000.0))[2] - 1000.0).max() < 1e-3
