"""Where settings come from, and how wrong ones are refused."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from landslidectl.cli.app import app
from landslidectl.cli.config import (
    Given,
    Origin,
    find_config,
    merged,
    parse_choice,
    parse_event,
    parse_memory,
    read_config,
)
from landslidectl.cli.resolve import detect_settings
from landslidectl.errors import ConfigError, UsageError
from landslidectl.terms import Speckle


def flag(value: object) -> Given:
    return Given(value, Origin.FLAG, "the command line")


def test_file_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "landslidectl.toml"
    path.write_text('aoi = "aoi.geojson"\ndem = "/abs/dem"\nscenes = ["a", "b"]\nthreshold = 0.4\n')
    values = read_config(path)
    assert values["aoi"].value == tmp_path / "aoi.geojson"
    assert values["dem"].value == Path("/abs/dem")
    assert values["scenes"].value == [tmp_path / "a", tmp_path / "b"]
    assert values["threshold"] == Given(0.4, Origin.FILE, str(path))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("treshold = 0.4", "treshold"),
        ("threshold = 'high'", "a number"),
        ("threads = 1.5", "whole number"),
        ("bbox = [1, 2, 3]", "four numbers"),
        ("no_dem = 1", "true or false"),
        ("threshold = ", "cannot be read"),
        ("[event]\ninstant = 1", "a text"),
        ('model = "a\\u0000b"', "without the character NUL"),
        ("threads = " + "[" * 5000 + "]" * 5000, "cannot be read"),
    ],
)
def test_wrong_files_are_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "landslidectl.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=words) as caught:
        read_config(path)
    assert caught.value.exit_code == 6
    assert str(path) in caught.value.message


def test_a_commands_own_table_wins_over_the_top(tmp_path: Path) -> None:
    path = tmp_path / "landslidectl.toml"
    path.write_text("threads = 1\npre_days = 30\n[detect]\nthreads = 2\n[stack]\nthreads = 3\n")
    taken = {name: read_config(path, name)["threads"].value for name in ("detect", "stack")}
    assert taken == {"detect": 2, "stack": 3}
    assert read_config(path, "ingest")["threads"].value == 1
    assert read_config(path, "detect")["pre_days"].value == 30
    path.write_text("[detect]\nthread = 2\n")
    with pytest.raises(ConfigError, match=r"detect\.thread"):
        read_config(path, "stack")
    path.write_text("detect = 2\n")
    with pytest.raises(ConfigError, match="a table"):
        read_config(path, "stack")


def test_config_is_found_in_the_scenes_folder_then_here(own_world: Path, tmp_path: Path) -> None:
    scenes = tmp_path / "scenes"
    scenes.mkdir()
    assert find_config(None, [scenes]) is None
    (own_world / "landslidectl.toml").touch()
    assert find_config(None, [scenes]) == Path("landslidectl.toml")
    (scenes / "landslidectl.toml").touch()
    assert find_config(None, [scenes]) == scenes / "landslidectl.toml"
    other = tmp_path / "other"
    other.mkdir()
    (other / "landslidectl.toml").touch()
    with pytest.raises(ConfigError, match="several"):
        find_config(None, [scenes, other])
    with pytest.raises(ConfigError, match="no such"):
        find_config(tmp_path / "missing.toml", [])


def test_the_stronger_of_two_exclusive_settings_stays() -> None:
    lower = {"no_dem": Given(True, Origin.FILE, "f"), "bbox": Given((1,), Origin.FILE, "f")}
    higher = {"dem": flag("dem"), "threads": flag(1)}
    assert set(merged(higher, lower)) == {"dem", "bbox", "threads"}


def test_event_takes_any_zone_and_sorts_shocks() -> None:
    event = parse_event(flag(["2018-09-06T03:07:59+09:00", "2018-09-05 18:00Z"]))
    assert event.first == datetime(2018, 9, 5, 18, 0, tzinfo=UTC)
    assert event.last == datetime(2018, 9, 5, 18, 7, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["2018-09-05T18:07:59"], "no time zone"),
        (["2018-09-05"], "a day without a time"),
        (["20180905"], "a day without a time"),
        (["yesterday"], "no instant"),
        (["2018-09-05T18:07:59Z"] * 3, "3 instants"),
        (["0001-01-01T00:00:00Z"], "before or after all radar satellites"),
    ],
)
def test_vague_events_are_refused_with_an_example(texts: list[str], words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        parse_event(flag(texts))
    assert caught.value.hint
    with pytest.raises(ConfigError, match=words):
        parse_event(Given(texts, Origin.FILE, "x.toml"))


@pytest.mark.parametrize(
    ("text", "megabytes"), [("4GB", 4000), ("800 MiB", 800), ("1.5g", 1500), ("512", 512)]
)
def test_memory_sizes(text: str, megabytes: int) -> None:
    assert parse_memory(flag(text)) == megabytes


def test_a_wrong_choice_is_refused_with_the_right_ones() -> None:
    assert parse_choice(flag("lee"), Speckle, "speckle") is Speckle.LEE
    with pytest.raises(ConfigError, match="expected one of none, lee, quegan, found 'leee'"):
        parse_choice(Given("leee", Origin.FILE, "x.toml"), Speckle, "speckle")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such names")
def test_a_path_that_is_no_text_is_refused(runner: CliRunner, own_world: Path) -> None:
    name = os.fsdecode(b"scenes \xe9")
    (own_world / name).mkdir()
    result = runner.invoke(app, ["detect", name, "--event", "2018-09-05T18:07:59Z"])
    assert result.exit_code == 2
    assert "no text in UTF-8" in result.stderr


@pytest.mark.parametrize("text", ["much", "-1GB", "1KB", "", "9" * 400])
def test_wrong_memory_sizes(text: str) -> None:
    with pytest.raises(UsageError, match="max_memory"):
        parse_memory(flag(text))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pre_days", float("nan")),
        ("post_days", 1e308),
        ("extend_post", float("inf")),
        ("min_area", float("inf")),
        ("threads", 10**30),
        ("glide", "none"),
        ("stride", 0),
    ],
)
def test_a_wrong_number_is_blamed_on_where_it_was_given(name: str, value: object) -> None:
    sound = {
        "scenes": flag(["scenes"]),
        "event": flag(["2018-09-05T18:07:59Z"]),
        "no_dem": flag(True),
        "output": flag("out"),
        "threshold": Given(0.5, Origin.FILE, "x.toml"),
    }
    assert detect_settings(sound, "").threshold == 0.5
    with pytest.raises(ConfigError, match=r"^x\.toml: --"):
        detect_settings(sound | {name: Given(value, Origin.FILE, "x.toml")}, "")
    with pytest.raises(UsageError, match=r"^--"):
        detect_settings(sound | {name: flag(value)}, "")
