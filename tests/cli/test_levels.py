"""Every setting of ``detect`` can be given in the file, as a variable and as a flag; flags win."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from landslidectl.catalog.catalog import Catalog
from landslidectl.catalog.records import JobRequest
from landslidectl.cli.app import app
from landslidectl.cli.config_keys import FILE_KEYS
from landslidectl.cli.resolve import FIELDS
from landslidectl.cli.spelling import nearest
from landslidectl.cli.variables import check_variables, known_variables
from landslidectl.errors import ConfigError, LockedError

PATH_KEYS = ("aoi", "dem", "orbits", "output", "models_dir", "catalog")
NUMBERS = {
    **dict.fromkeys(("pre_days", "post_days", "extend_post"), ("31", "32", "33")),
    **dict.fromkeys(("min_pre", "min_post", "stride", "threads"), ("2", "3", "4")),
    **dict.fromkeys(("threshold", "high_threshold"), ("0.91", "0.92", "0.93")),
    **dict.fromkeys(("min_area", "min_slope", "min_steepness"), ("11", "12", "13")),
    "max_slope": ("61", "62", "63"),
    "wait": ("5", "6", "7"),
}
WORDS = {
    **dict.fromkeys(("event_name", "event_id"), ("by file", "by variable", "by flag")),
    "glide": ("EQ-2018-000001-JPN", "EQ-2018-000002-JPN", "EQ-2018-000003-JPN"),
    "dem_vertical": ("egm96", "egm2008", "ellipsoid"),
    "model": ("cnn", "cbam", "resnet"),
    "device": ("auto", "cpu", "gpu"),
    "radiometry": ("sigma0", "gee", "gamma0"),
    "speckle": ("none", "lee", "quegan"),
    "max_memory": ("1GB", "2GB", "3GB"),
    "land_cover_legend": ("cgls_lc100", "worldcover", "cgls_lc100"),
    "event": ("2018-09-05T18:07:59Z", "2019-09-05T18:07:59Z", "2020-09-05T18:07:59Z"),
    **{name: (f"{name}/file", f"{name}/variable", f"{name}/flag") for name in PATH_KEYS},
}
LISTS = {
    "format": ("shp", "kmz", "csv"),
    "land_cover": ("cover/file", "cover/variable", "cover/flag"),
    "scenes": ("scenes/file", "scenes/variable", "scenes/flag"),
}
TWO = {"polarisations": ("vv", "vv_vh", "vv")}
BASE = {"scenes": "s", "event": "2018-09-05T18:07:59Z", "dem": "d", "output": "o"}
NEEDED = {"land_cover_legend": ["--land-cover", "map.tif"]}
SWITCHES = ("no_dem", "overwrite", "composites")
ELSEWHERE = ("bbox", "log_file", "log_format", "settle", *SWITCHES)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Catch what reaches the job, by the names of its fields, and stop there."""
    caught: list[dict[str, Any]] = []

    def run_detect(settings: Any, reporter: object, catalog: Catalog) -> None:
        fields = {name: getattr(settings, name) for name in settings.__dataclass_fields__}
        caught.append(fields | {"catalog": catalog.path.relative_to(Path.cwd())})
        raise LockedError("stopped by the test")

    monkeypatch.setattr("landslidectl.jobs.run.run_detect", run_detect)
    monkeypatch.delenv("LANDSLIDECTL_CATALOG")
    monkeypatch.setenv("XDG_DATA_HOME", str(Path.cwd() / "data"))
    return caught


def write_file(name: str, literal: str) -> None:
    lines = [f'{key} = "{value}"' for key, value in BASE.items() if key != name]
    Path("landslidectl.toml").write_text("\n".join([*lines, f"{name} = {literal}"]))


def flags(name: str, value: str) -> list[str]:
    return [value] if name == "scenes" else [f"--{name.replace('_', '-')}", value]


@pytest.mark.parametrize("name", [*NUMBERS, *WORDS, *LISTS, *TWO])
def test_a_setting_at_every_level(
    runner: CliRunner, asked: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    values = (NUMBERS | WORDS | LISTS | TWO)[name]
    write_file(name, values[0] if name in NUMBERS else json.dumps(values[0]))
    runner.invoke(app, ["detect", *NEEDED.get(name, [])])
    monkeypatch.setenv(f"LANDSLIDECTL_{name.upper()}", values[1])
    runner.invoke(app, ["detect", *NEEDED.get(name, [])])
    result = runner.invoke(app, ["detect", *NEEDED.get(name, []), *flags(name, values[2])])
    assert result.exit_code == LockedError.exit_code, result.output
    field = FIELDS.get(name, name)
    told = [str(settings[field]) for settings in asked]
    assert len(told) == 3
    assert len(set(told)) == len(set(values)), told
    for word, value in zip(values, told, strict=True):
        core = word[:4] if name == "event" else word.removesuffix("GB")
        assert core in value, (word, value)


@pytest.mark.parametrize("name", SWITCHES)
def test_a_switch_can_be_turned_off_again(
    runner: CliRunner, asked: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    write_file(name, "true")
    if name == "no_dem":
        file = Path("landslidectl.toml")
        file.write_text(file.read_text().replace('dem = "d"\n', ""))
    runner.invoke(app, ["detect"])
    monkeypatch.setenv(f"LANDSLIDECTL_{name.upper()}", "0")
    runner.invoke(app, ["detect", "--dem", "d"])
    runner.invoke(app, ["detect", f"--{name.replace('_', '-')}"])
    assert [settings[name] for settings in asked] == [True, False, True]


def test_a_switch_that_is_off_stands_for_nothing(
    runner: CliRunner, asked: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_file("no_dem", "false")
    monkeypatch.setenv("LANDSLIDECTL_NO_DEM", "false")
    runner.invoke(app, ["detect"])
    assert asked[0]["dem"] == Path("d")
    file = Path("landslidectl.toml")
    file.write_text(file.read_text().replace('dem = "d"\n', ""))
    result = runner.invoke(app, ["detect"])
    assert result.exit_code == 2
    assert "--dem FOLDER" in result.stderr


def test_no_setting_is_forgotten_here() -> None:
    assert {*NUMBERS, *WORDS, *LISTS, *TWO, *ELSEWHERE} == set(FILE_KEYS)
    assert known_variables() >= {f"LANDSLIDECTL_{name.upper()}" for name in FILE_KEYS}
    assert "LANDSLIDECTL_CONFIG" in known_variables()


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("LANDSLIDECTL_TRESHOLD", "LANDSLIDECTL_THRESHOLD"),
        ("LANDSLIDECTL_MAXMEMORY", "LANDSLIDECTL_MAX_MEMORY"),
        ("LANDSLIDECTL_CATALOGUE", "LANDSLIDECTL_CATALOG"),
        ("LANDSLIDECTL_min_slope", "LANDSLIDECTL_MIN_SLOPE"),
    ],
)
def test_a_misspelt_variable_is_an_error(variable: str, meant: str) -> None:
    with pytest.raises(ConfigError, match=f"{variable}: there is no such variable") as caught:
        check_variables({variable: "1"})
    assert meant in caught.value.hint
    assert caught.value.exit_code == 6


@pytest.mark.parametrize(
    "variable",
    ["LANDSLIDECTL_PORT", "LANDSLIDECTL_SERVICE_HOST", "LANDSLIDECTL_PORT_80_TCP_ADDR"],
)
def test_a_variable_of_someone_else_is_told(
    capsys: pytest.CaptureFixture[str], variable: str
) -> None:
    check_variables({variable: "tcp://10.0.0.1:80", "OTHER_TRESHOLD": "1"})
    assert variable in capsys.readouterr().err
    check_variables({"LANDSLIDECTL_THRESHOLD": "0.5"})
    assert capsys.readouterr().err == ""


def test_detect_looks_at_the_variables(
    runner: CliRunner, asked: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_file("threads", "1")
    monkeypatch.setenv("LANDSLIDECTL_TRESHOLD", "0.9")
    assert runner.invoke(app, ["detect"]).exit_code == 6
    assert asked == []


def test_an_unknown_key_names_the_nearest(runner: CliRunner) -> None:
    for line, meant in (("treshold = 1", "threshold"), ("[detct]\nthreads = 1", "detect")):
        Path("landslidectl.toml").write_text(line)
        result = runner.invoke(app, ["detect"])
        assert result.exit_code == 6
        assert f"Probably meant: {meant}." in result.stderr
    Path("landslidectl.toml").write_text('"min-slope" = 3\n')
    assert "Probably meant: min_slope." in runner.invoke(app, ["detect"]).stderr
    Path("landslidectl.toml").write_text("colour = 1\n")
    assert "Known are: aoi" in runner.invoke(app, ["detect"]).stderr
    assert nearest("zzz", FILE_KEYS) is None


def test_config_show_tells_every_origin(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "scenes").mkdir()
    file = tmp_path / "scenes" / "landslidectl.toml"
    file.write_text('dem = "dem"\nthreads = 1\n[detect]\nthreads = 2\n[stack]\nthreads = 3\n')
    monkeypatch.setenv("LANDSLIDECTL_STRIDE", "16")
    command = ["config", "show", str(tmp_path / "scenes"), "--threshold", "0.7"]
    table = runner.invoke(app, [*command, "--origin"])
    assert table.exit_code == 0, table.output
    rows = {line.split()[0]: line for line in table.stdout.splitlines() if line}
    assert rows["Configuration"].endswith(str(file))
    assert rows["threads"].split()[1:] == ["2", "file", str(file)]
    assert rows["stride"].split()[1:] == ["16", "variable", "LANDSLIDECTL_STRIDE"]
    assert rows["threshold"].split()[1:] == ["0.7", "flag", "--threshold"]
    assert rows["pre_days"].split()[1:] == ["60.0", "default"]
    assert rows["catalog"].split()[1:] == [
        os.environ["LANDSLIDECTL_CATALOG"],
        "variable",
        "LANDSLIDECTL_CATALOG",
    ]
    assert "origin" not in runner.invoke(app, command).stdout
    told = json.loads(runner.invoke(app, [*command, "--json", "--for", "stack"]).stdout)
    stack = {row["setting"]: row for row in told}
    assert "model" not in stack
    assert (stack["threads"]["value"], stack["threads"]["origin"]) == (3, "file")
    assert stack["dem"]["value"] == str(tmp_path / "scenes" / "dem")
    shown = set(rows) - {"Configuration", "setting"}
    assert {*NUMBERS, *WORDS, *LISTS, *TWO, *SWITCHES} <= shown <= set(FILE_KEYS)


def test_config_show_refuses_what_detect_would(runner: CliRunner) -> None:
    Path("landslidectl.toml").write_text('event = "yesterday"\n')
    assert runner.invoke(app, ["config", "show"]).exit_code == 6
    Path("landslidectl.toml").unlink()
    assert runner.invoke(app, ["config", "show", "--max-memory", "much"]).exit_code == 2


def test_lists_look_into_the_catalog_of_the_file_here(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LANDSLIDECTL_CATALOG")
    Path("landslidectl.toml").write_text('catalog = "mine.db"\n')
    with Catalog(Path("mine.db")) as catalog:
        job = catalog.start_job(JobRequest("x", {}, {}, ""))
    assert job in runner.invoke(app, ["jobs", "list"]).stdout
    path = runner.invoke(app, ["catalog", "path"]).stdout.strip()
    assert path == str(Path("mine.db").absolute())
    monkeypatch.setenv("LANDSLIDECTL_CATALOG", "other.db")
    assert job not in runner.invoke(app, ["jobs", "list"]).stdout
