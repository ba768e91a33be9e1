"""What the limits of slope do to simulated events: a small one through the whole chain."""

from collections import Counter

from landslidectl.inference.baselines import rule_model
from landslidectl.stack.contract import StackContract
from landslidectl.terms import BandSet
from landslidectl.training.judging.ground import SLOPES_DEG, compare_ground, tables_text
from landslidectl.training.judging.outlines import Question
from landslidectl.training.simulated.landscapes import Landscapes
from landslidectl.training.simulated.population import uniform_population


def test_a_small_event_goes_through_the_whole_chain(tmp_path) -> None:
    model = rule_model("spread", BandSet.VV_VH, 0.2, StackContract(), tmp_path)
    landscapes = Landscapes(uniform_population(64))
    counts = compare_ground(Question(model, 0.2, size_km=1.4), ([3], landscapes))
    assert counts["events"] == 1 and counts["quiet_km2"] == 2
    below = [counts[f"pixels_below_{limit}"] for limit in SLOPES_DEG]
    assert below == sorted(below) and below[-1] <= counts["pixels"]
    assert counts["defaults: found"] <= counts["all ground: found"] <= counts["all ground: sought"]
    assert counts["defaults: quiet"] <= counts["all ground: quiet"]
    assert counts["beds_flagged"] <= counts["beds"]


def test_the_tables_give_shares_and_rates() -> None:
    counts = Counter(slides=50, pixels=1000, quiet_km2=200, beds=10, beds_flagged=8)
    counts.update({"pixels_below_5": 12, "slides_below_5": 1})
    counts.update({"defaults: quiet": 3, "defaults: quiet flagged": 1, "defaults: found": 7})
    counts.update({"defaults: sought": 9})
    text = tables_text(counts)
    assert "| 5 degrees | 1.20% | 1 of 50 |" in text
    assert "| defaults | 7 of 9 | 0 (0 flagged) | 0 (0 flagged) | 3 (1 flagged) | 1.5 |" in text
    assert "8 of 10 stretches" in text
