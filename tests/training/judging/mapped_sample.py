"""What one event came to, by hand."""

from landslidectl.training.judging.event_maps import Mapped

EVENT = Mapped(
    slides=((30_000.0, 0.97), (25_000.0, 0.0), (6_000.0, 0.85), (3_000.0, 0.97)),
    regions=((0.97, True), (0.85, True), (0.82, False)),
    quiet=((0.91, 4.0), (0.83, 1.0)),
    quiet_km2=100.0,
)
