from pathlib import Path

from landslidectl import errors

DOCUMENTED = {
    "UsageError": 2, "PartialFailure": 3, "InputError": 4, "ModelError": 5, "ConfigError": 6,
    "ResourceError": 7, "OutputError": 8, "LockedError": 9, "CatalogError": 10,
    "DifferenceFound": 11, "Interrupted": 130, "ReaderGone": 141, "Terminated": 143,
    "LandslidectlError": 1,
}  # fmt: skip


def all_classes() -> list[type[errors.LandslidectlError]]:
    found = [errors.LandslidectlError]
    for one in found:
        found += one.__subclasses__()
    return found


def test_every_class_is_drawn_in_the_tree_and_has_a_documented_code():
    for one in all_classes():
        assert one.__name__ in (errors.__doc__ or "")
        root = next(base for base in one.__mro__ if base.__name__ in DOCUMENTED)
        assert one.exit_code == DOCUMENTED[root.__name__], one


def test_a_scene_error_names_its_path():
    error = errors.DamagedScene(Path("a.zip"), "ends after 12 bytes", "Download it again.")
    assert str(error) == "a.zip: ends after 12 bytes"
    assert error.reason == "ends after 12 bytes"
    assert error.hint == "Download it again."
