import pytest


@pytest.fixture(scope="session")
def keras():
    """Keras, or a skip that says why."""
    pytest.importorskip("tensorflow", reason="the extra [train] is not installed")
    from landslidectl.training.networks.framework import load_keras

    return load_keras()
