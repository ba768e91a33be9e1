"""Devices are listed without loading a runtime, and their absence is no crash."""

import ctypes
import sys
from pathlib import Path

import pytest

from landslidectl.inference import vulkan
from landslidectl.inference.vulkan import (
    Adapter,
    AdapterKind,
    VulkanError,
    drivers,
    list_adapters,
    may_have_graphics,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the files are those of Linux")


@pytest.fixture
def manifests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of driver manifests, and a machine with one graphics device."""
    folder = tmp_path / "icd.d"
    folder.mkdir()
    monkeypatch.setattr(vulkan, "MANIFEST_FOLDERS", (str(folder),))
    monkeypatch.setattr(vulkan, "USER_FOLDERS", ())
    for variable in vulkan.MANIFEST_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / "dev" / "dri").mkdir(parents=True)
    (tmp_path / "dev" / "dri" / "renderD128").touch()
    return folder


def test_a_machine_without_a_device_needs_no_library(tmp_path: Path, manifests: Path) -> None:
    (manifests / "radeon_icd.json").touch()
    assert may_have_graphics(tmp_path / "dev") == ""
    assert "no graphics device" in may_have_graphics(tmp_path / "elsewhere")


def test_software_drivers_are_no_graphics(tmp_path: Path, manifests: Path) -> None:
    assert "no Vulkan driver" in may_have_graphics(tmp_path / "dev")
    for name in ("lvp_icd.x86_64.json", "vk_swiftshader_icd.json"):
        (manifests / name).touch()
    assert "no Vulkan driver" in may_have_graphics(tmp_path / "dev")
    (manifests / "nvidia_icd.json").touch()
    assert may_have_graphics(tmp_path / "dev") == ""


def test_variables_name_the_drivers(manifests: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (manifests / "radeon_icd.json").touch()
    given = manifests.parent / "mine.json"
    given.touch()
    monkeypatch.setenv("VK_ICD_FILENAMES", f"{given}:/nowhere.json")
    assert drivers() == (given,)


def test_a_missing_loader_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(vulkan.LOADERS, "linux", "libnothing-of-the-kind.so.1")
    with pytest.raises(VulkanError, match=r"libnothing-of-the-kind\.so\.1 cannot be loaded"):
        list_adapters()
    monkeypatch.delitem(vulkan.LOADERS, "linux")
    with pytest.raises(VulkanError, match="has no Vulkan"):
        list_adapters()


def test_in_the_standalone_program_the_reason_is_the_systems(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def frozen(name: str) -> None:
        raise OSError("was not found when frozen") from OSError(f"{name}: no such file")

    monkeypatch.setattr(ctypes, "CDLL", frozen)
    with pytest.raises(VulkanError, match="no such file") as caught:
        list_adapters()
    assert "frozen" not in str(caught.value)


class FakeLoader:
    """A loader with devices of its own, which writes into memory as a real one does."""

    def __init__(self, *adapters: tuple[bytes, int, bytes], result: int = 0) -> None:
        self.adapters, self.result, self.destroyed = adapters, result, 0

    def vkCreateInstance(self, info: object, _: None, instance: object) -> int:
        return self.result

    def vkDestroyInstance(self, instance: object, _: None) -> None:
        self.destroyed += 1

    def vkEnumeratePhysicalDevices(self, _: object, count: object, found: object) -> int:
        count._obj.value = len(self.adapters)
        for index in range(len(self.adapters)):
            found[index] = index + 1
        return 0

    def vkGetPhysicalDeviceProperties2(self, device: ctypes.c_void_p, out: object) -> None:
        name, kind, driver = self.adapters[device.value - 1]
        properties = out._obj
        properties.name, properties.kind = name, kind
        chained = ctypes.cast(properties.next, ctypes.POINTER(vulkan._Driver)).contents
        chained.name, chained.version = driver, b"1.2"


def test_devices_have_names_kinds_and_drivers(monkeypatch: pytest.MonkeyPatch) -> None:
    loader = FakeLoader((b"Radeon", 1, b"radv"), (b"A2000", 2, b"NVIDIA"), (b"odd", 9, b""))
    monkeypatch.setattr(ctypes, "CDLL", lambda name: loader)
    assert list_adapters() == (
        Adapter("Radeon", AdapterKind.INTEGRATED, "radv 1.2"),
        Adapter("A2000", AdapterKind.DISCRETE, "NVIDIA 1.2"),
        Adapter("odd", AdapterKind.OTHER, "1.2"),
    )
    assert loader.destroyed == 1


def test_a_loader_that_refuses_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: FakeLoader(result=-9))
    with pytest.raises(VulkanError, match="no usable driver"):
        list_adapters()
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    with pytest.raises(VulkanError, match=r"older than Vulkan 1\.1"):
        list_adapters()
