"""``jobs``, ``scenes``, ``models`` and ``info`` as tables and as JSON."""

import json
import os
import platform
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from landslidectl.catalog.catalog import Catalog
from landslidectl.catalog.records import (
    DetectionRecord,
    JobRequest,
    OutputRecord,
    SceneRecord,
    StepOutcome,
)
from landslidectl.cli.app import app
from landslidectl.cli.scene_commands import told
from landslidectl.jobs.workspace import Workspace
from landslidectl.terms import JobStatus


@pytest.fixture
def job_id() -> str:
    """A catalog with one finished job, one scene and one refused file with a hostile name."""
    with Catalog() as catalog:
        job = catalog.start_job(
            JobRequest("landslidectl detect x", {"threshold": 0.5}, {"landslidectl": "0.1"}, "/out")
        )
        step = catalog.start_step(job, "key", Path("/out"), "geocode")
        outputs = (
            OutputRecord("/out/a.tif", "geocoded", "ab" * 32, 10, 1),
            OutputRecord(__file__, "product", "cd" * 32, 10, 1),
        )
        catalog.finish_step(step, StepOutcome("done", 1.25, "fine", outputs=outputs))
        catalog.record_detections(
            job, [DetectionRecord("LS-1", 12.5, 42.5, 1.5, 0.9, 0.8, "D046", "high", "provisional")]
        )
        catalog.record_scenes(
            [
                SceneRecord("/s/a.zip", "S1A_A", start="2018-09-01T00:00:00.000Z"),
                SceneRecord("/s/b.zip", "b\x1b[31m.zip", "refused", "not\na zip"),
            ]
        )
        catalog.finish_job(job, JobStatus.SUCCEEDED, 0)
    return job


def test_jobs_list(runner: CliRunner, job_id: str) -> None:
    table = runner.invoke(app, ["jobs", "list"])
    assert table.exit_code == 0
    assert job_id in table.stdout
    assert "succeeded" in table.stdout
    (job,) = json.loads(runner.invoke(app, ["jobs", "list", "--json"]).stdout)
    assert (job["job_id"], job["status"], job["exit_code"]) == (job_id, "succeeded", 0)
    assert job["settings"] == {"threshold": 0.5}


def test_jobs_show(runner: CliRunner, job_id: str) -> None:
    told_job = runner.invoke(app, ["jobs", "show", job_id[:20]])
    assert told_job.exit_code == 0
    for words in ("geocode", __file__, "LS-1", "threshold: 0.5", "high", "provisional"):
        assert words in told_job.stdout
    assert "/out/a.tif" not in told_job.stdout, "what is gone is not offered"
    facts = json.loads(runner.invoke(app, ["jobs", "show", job_id, "--json"]).stdout)
    assert [step["name"] for step in facts["steps"]] == ["geocode"]
    outputs = [(output["path"], output["exists"]) for output in facts["outputs"]]
    assert outputs == [("/out/a.tif", False), (__file__, True)]
    assert [item["det_id"] for item in facts["detections"]] == ["LS-1"]
    assert runner.invoke(app, ["jobs", "show", "nothing"]).exit_code == 2


def test_scenes_list_shows_no_control_characters(runner: CliRunner, job_id: str) -> None:
    table = runner.invoke(app, ["scenes", "list"])
    assert "\x1b" not in table.stdout
    assert len(table.stdout.splitlines()) == 3
    scenes = json.loads(runner.invoke(app, ["scenes", "list", "--json"]).stdout)
    assert scenes[0]["path"] in table.stdout, "copies of a scene are told apart by where they lie"
    assert [scene["status"] for scene in scenes] == ["usable", "refused"]
    assert scenes[1]["reason"] == "not\na zip"


def test_empty_catalog_lists_nothing(runner: CliRunner) -> None:
    assert json.loads(runner.invoke(app, ["jobs", "list", "--json"]).stdout) == []
    assert runner.invoke(app, ["scenes", "list"]).exit_code == 0


def test_info_refuses_with_the_reason(runner: CliRunner, tmp_path: Path) -> None:
    page = tmp_path / "S1A_IW_GRDH.zip"
    page.write_text("<html>please log in</html>")
    result = runner.invoke(app, ["info", str(page)])
    assert result.exit_code == 4
    assert "HTML" in result.stderr
    told_json = runner.invoke(app, ["info", str(page), "--json"])
    assert told_json.exit_code == 4
    assert json.loads(told_json.stdout)["supported"] is False


def test_info_on_a_real_product(runner: CliRunner, shared_data: Path) -> None:
    products = sorted((shared_data / "s1" / "products").glob("*GRDH_1SDV*"))
    if not products:
        pytest.skip("no GRD product among the real inputs")
    codes = {path.name: runner.invoke(app, ["info", str(path)]).exit_code for path in products}
    assert set(codes.values()) <= {0, 4}, codes
    assert 0 in codes.values(), codes


def test_models_that_are_not_there(runner: CliRunner, tmp_path: Path) -> None:
    empty = ["--models-dir", str(tmp_path)]
    assert runner.invoke(app, ["models", "list", *empty]).exit_code == 0
    left = json.loads(runner.invoke(app, ["models", "list", *empty, "--json"]).stdout)
    assert {Path(model["folder"]).parent for model in left} == {Path("built-in")}
    assert runner.invoke(app, ["models", "verify", *empty]).exit_code == 5
    missing = runner.invoke(app, ["models", "info", "resnet", *empty])
    assert missing.exit_code == 5
    assert "present: logratio, logratio_vv, spread, spread_vv" in missing.stderr


def test_rules_are_shown_as_what_they_are(runner: CliRunner, tmp_path: Path) -> None:
    listed = runner.invoke(app, ["models", "list"]).stdout
    assert "resnet_vv" in listed and "logratio_vv" in listed and "built-in" in listed
    told_rule = runner.invoke(app, ["models", "info", "logratio"]).stdout
    assert "rule" in told_rule and "mean absolute change" in told_rule and "0.25" in told_rule
    single = json.loads(runner.invoke(app, ["models", "info", "logratio_vv", "--json"]).stdout)
    assert (single["bands"], single["threshold"]) == ("vv", 0.24)
    verified = runner.invoke(app, ["models", "verify", "spread"])
    assert (verified.exit_code, verified.stdout) == (0, "")
    assert "has no file to check" in verified.stderr


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "-"),
        ([], "-"),
        (True, "yes"),
        (["VV", "VH"], "VV, VH"),
        ([[1.5, 2.0], [3.0, 4.0]], "1.5, 2; 3, 4"),
        ({"a": 1, "b": False}, "a 1, b no"),
    ],
)
def test_values_in_words(value: object, words: str) -> None:
    assert told(value) == words


def test_an_event_of_two_tracks_is_simulated(runner: CliRunner, tmp_path: Path) -> None:
    done = runner.invoke(app, ["simulate", str(tmp_path), "--size-km", "0.5", "--tracks", "2"])
    assert done.exit_code == 0
    products = [*tmp_path.glob("scenes/*.SAFE"), *tmp_path.glob("scenes/*.zip")]
    assert len(products) == 12
    assert runner.invoke(app, ["simulate", str(tmp_path), "--tracks", "3"]).exit_code == 2


def test_what_models_info_tells_fits_a_terminal(runner: CliRunner) -> None:
    for name in ("resnet", "cnn_vv"):
        told_model = runner.invoke(app, ["models", "info", name]).stdout.partition("\nEvery figure")
        lines = told_model[0].splitlines()
        assert max(map(len, lines)) <= 80
        assert "sigma0" in told_model[0]
        assert not any(line.startswith("metrics") for line in lines)


def test_a_job_of_another_computer_is_told_and_released(
    runner: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Catalog() as catalog, monkeypatch.context() as patched:
        patched.setattr(platform, "node", lambda: "tent-7")
        job = catalog.start_job(JobRequest("landslidectl detect x", {}, {}, str(tmp_path)))
    unknown = runner.invoke(app, ["jobs", "list", "--format", "csv"])
    assert "tent-7" in unknown.stdout
    assert "running on tent-7 (no sign)" in runner.invoke(app, ["jobs", "list"]).stdout
    lock = Workspace(tmp_path).lock
    lock.parent.mkdir()
    lock.write_text(json.dumps({"host": "tent-7", "pid": os.getpid()}))
    os.utime(lock, (time.time() - 3 * 3600,) * 2)
    assert (
        "running on tent-7 (gone, not seen for 3 h)" in runner.invoke(app, ["jobs", "show"]).stdout
    )
    facts = json.loads(runner.invoke(app, ["jobs", "show", "--json"]).stdout)
    assert (facts["status"], facts["gone"]) == ("running", True) and facts["last_sign"]
    done = runner.invoke(app, ["jobs", "release", job])
    assert done.exit_code == 0 and "counts as interrupted" in done.stdout
    assert not lock.exists()
    assert runner.invoke(app, ["jobs", "release", job]).exit_code == 2
