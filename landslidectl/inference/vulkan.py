"""Which graphics devices Vulkan offers: asked of its loader itself, without any other library.

`may_have_graphics` looks at files alone. `list_adapters` loads the drivers of the machine into the
process, and a driver can crash: whoever must go on afterwards asks in a child process.

Structures and numbers are those of ``vulkan_core.h``, Vulkan 1.2.
"""

import ctypes
import os
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

LOADERS = {"linux": "libvulkan.so.1", "win32": "vulkan-1.dll"}
DEVICE_FILES = ("dri/renderD*", "nvidia[0-9]*", "dxg", "mali*", "kgsl*")
SOFTWARE_DRIVERS = ("lvp", "lavapipe", "swiftshader")
MANIFEST_VARIABLES = ("VK_DRIVER_FILES", "VK_ICD_FILENAMES")
MANIFEST_FOLDERS = (
    "/etc/vulkan/icd.d",
    "/usr/local/etc/vulkan/icd.d",
    "/usr/local/share/vulkan/icd.d",
    "/usr/share/vulkan/icd.d",
)
USER_FOLDERS = (".config/vulkan/icd.d", ".local/share/vulkan/icd.d")

MOST_DEVICES = 16
API_1_1 = 1 << 22 | 1 << 12
APPLICATION_INFO, INSTANCE_CREATE_INFO = 0, 1
DEVICE_PROPERTIES_2, DRIVER_PROPERTIES = 1000059001, 1000196000
INCOMPLETE = 5
NAME_BYTES = 256
PROPERTIES_BYTES = 1024  # VkPhysicalDeviceProperties has 824; what follows deviceName is not read


class AdapterKind(StrEnum):
    """What a graphics device is, in the order of VkPhysicalDeviceType."""

    OTHER = "other"
    INTEGRATED = "integrated"
    DISCRETE = "discrete"
    VIRTUAL = "virtual"
    SOFTWARE = "software"


@dataclass(frozen=True, slots=True)
class Adapter:
    """A graphics device.

    Parameters
    ----------
    name : str
        As the driver calls it.
    kind : AdapterKind
        ``software`` is a rasteriser that runs on the processor.
    driver : str
        Name and version of the driver; empty where it does not tell.
    """

    name: str
    kind: AdapterKind
    driver: str = ""


class VulkanError(Exception):
    """The loader is missing or refuses; the message says which and why."""


class _Application(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("next", ctypes.c_void_p),
        ("application", ctypes.c_char_p),
        ("application_version", ctypes.c_uint32),
        ("engine", ctypes.c_char_p),
        ("engine_version", ctypes.c_uint32),
        ("api", ctypes.c_uint32),
    )


class _InstanceInfo(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("next", ctypes.c_void_p),
        ("flags", ctypes.c_uint32),
        ("application", ctypes.POINTER(_Application)),
        ("layers", ctypes.c_uint32),
        ("layer_names", ctypes.c_void_p),
        ("extensions", ctypes.c_uint32),
        ("extension_names", ctypes.c_void_p),
    )


class _Driver(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("next", ctypes.c_void_p),
        ("id", ctypes.c_int),
        ("name", ctypes.c_char * NAME_BYTES),
        ("version", ctypes.c_char * NAME_BYTES),
        ("conformance", ctypes.c_uint8 * 4),
    )


class _Properties(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("next", ctypes.c_void_p),
        ("api", ctypes.c_uint32),
        ("driver_version", ctypes.c_uint32),
        ("vendor", ctypes.c_uint32),
        ("device", ctypes.c_uint32),
        ("kind", ctypes.c_int),
        ("name", ctypes.c_char * NAME_BYTES),
        ("rest", ctypes.c_uint8 * PROPERTIES_BYTES),
    )


def may_have_graphics(devices: Path = Path("/dev")) -> str:
    """Say in words why there can be no real graphics device; empty where there may be one.

    Only looks whether files exist, so it costs nothing.
    """
    if sys.platform == "win32":
        loader = Path(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32", LOADERS["win32"])
        return "" if loader.exists() else f"there is no {loader}"
    if sys.platform != "linux":
        return ""  # Metal is part of macOS
    if not any(next(devices.glob(pattern), None) for pattern in DEVICE_FILES):
        return f"the system shows no graphics device in {devices}"
    if not any(is_hardware(driver) for driver in drivers()):
        return "no Vulkan driver of a graphics device is installed"
    return ""


def is_hardware(manifest: Path) -> bool:
    """Tell from its name whether a driver manifest is that of a device, not of a rasteriser."""
    return not any(name in manifest.name.lower() for name in SOFTWARE_DRIVERS)


def drivers() -> tuple[Path, ...]:
    """Return the driver manifests (``*.json``) that the loader of Linux will read."""
    for variable in MANIFEST_VARIABLES:
        if given := os.environ.get(variable):
            return tuple(path for path in map(Path, given.split(os.pathsep)) if path.exists())
    folders = [Path(folder) for folder in MANIFEST_FOLDERS]
    folders += [Path.home() / folder for folder in USER_FOLDERS]
    return tuple(path for folder in folders for path in sorted(folder.glob("*.json")))


def list_adapters() -> tuple[Adapter, ...]:
    """Ask the Vulkan loader for its devices.

    Raises
    ------
    VulkanError
        If there is no loader, or no driver that it can use.
    """
    name = LOADERS.get(sys.platform)
    if name is None:
        raise VulkanError("this system has no Vulkan")
    try:
        library = ctypes.CDLL(name)
    except OSError as error:
        # PyInstaller puts words of its own, about a faulty program, before those of the system
        reason = error.__cause__ or error
        raise VulkanError(f"the Vulkan loader {name} cannot be loaded: {reason}") from error
    if not hasattr(library, "vkGetPhysicalDeviceProperties2"):
        raise VulkanError(f"the Vulkan loader {name} is older than Vulkan 1.1")
    instance = _create_instance(library)
    try:
        return tuple(_describe(library, device) for device in _devices(library, instance))
    finally:
        library.vkDestroyInstance(instance, None)


def _create_instance(library: Any) -> ctypes.c_void_p:
    application = _Application(type=APPLICATION_INFO, application=b"landslidectl", api=API_1_1)
    info = _InstanceInfo(type=INSTANCE_CREATE_INFO, application=ctypes.pointer(application))
    instance = ctypes.c_void_p()
    result = library.vkCreateInstance(ctypes.byref(info), None, ctypes.byref(instance))
    if result:
        found = ", ".join(str(path) for path in drivers()) or "none"
        raise VulkanError(f"Vulkan has no usable driver (code {result}); driver files: {found}")
    return instance


def _devices(library: Any, instance: ctypes.c_void_p) -> list[ctypes.c_void_p]:
    count = ctypes.c_uint32(MOST_DEVICES)
    found = (ctypes.c_void_p * MOST_DEVICES)()
    result = library.vkEnumeratePhysicalDevices(instance, ctypes.byref(count), found)
    if result not in (0, INCOMPLETE):
        raise VulkanError(f"the Vulkan driver does not list its devices (code {result})")
    return [ctypes.c_void_p(found[index]) for index in range(count.value)]


def _describe(library: Any, device: ctypes.c_void_p) -> Adapter:
    driver = _Driver(type=DRIVER_PROPERTIES)
    properties = _Properties(
        type=DEVICE_PROPERTIES_2, next=ctypes.cast(ctypes.pointer(driver), ctypes.c_void_p)
    )
    library.vkGetPhysicalDeviceProperties2(device, ctypes.byref(properties))
    kinds = list(AdapterKind)
    kind = kinds[properties.kind] if 0 <= properties.kind < len(kinds) else AdapterKind.OTHER
    told = " ".join(part for part in (_text(driver.name), _text(driver.version)) if part)
    return Adapter(_text(properties.name), kind, told)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace").strip()
