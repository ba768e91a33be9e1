"""What is written to the descriptors themselves is caught, and its reasons are found."""

import os

import pytest

from landslidectl.inference.quiet import Chatter, quiet

NO_ADAPTER = """INFO: [environment.cc:36] Creating LiteRT environment with options
WARNING: [npu_registry.cc:34] NPU accelerator could not be loaded: kLiteRtStatusErrorNotFound.
└ Could not load shared library libLiteRtCompilerPlugin.so: cannot open shared object file
error: XDG_RUNTIME_DIR is invalid or not set in the environment.
Warning: Vulkan shaderUniform*ArrayDynamicIndexing required.
    at InitializeImpl (third_party/dawn/src/dawn/native/vulkan/PhysicalDeviceVk.cpp:256)
ERROR: [delegate_webgpu.cc:359] Failed to initialize WebGPU environment: INTERNAL: No adapters found
E0000 00:00:17.1 15 delegate_webgpu.cc:736] Failed to get environment: INTERNAL: Failed
"""


def test_both_descriptors_are_caught_and_given_back(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet() as chatter:
        os.write(1, b"to one\n")
        os.write(2, b"to two\n")
    os.write(1, b"after\n")
    assert chatter.text == "to one\nto two\n"
    assert capfd.readouterr() == ("after\n", "")


def test_verbose_writes_it_to_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet(verbose=True):
        os.write(1, b"to one\n")
    assert capfd.readouterr() == ("", "to one\n")


def test_what_was_written_before_an_error_is_kept(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RuntimeError), quiet() as chatter:
        os.write(2, b"the reason\n")
        raise RuntimeError
    assert chatter.text == "the reason\n"
    assert capfd.readouterr() == ("", "")


def test_the_reasons_are_told_and_nothing_else() -> None:
    chatter = Chatter()
    chatter.text = NO_ADAPTER
    assert chatter.reasons() == (
        "Vulkan shaderUniform*ArrayDynamicIndexing required; No adapters found"
    )
    assert Chatter().reasons() == ""
