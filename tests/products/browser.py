"""A headless Chromium, driven over the WebDriver protocol with the standard library alone."""

import base64
import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
MISSING = "chromium and chromedriver are not installed (Debian: chromium, chromium-driver)"
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


@dataclass(frozen=True, slots=True)
class Browser:
    """One window of a browser."""

    session: str

    def open(self, page: Path, fragment: str = "") -> None:
        self.call("POST", "url", {"url": page.resolve().as_uri() + fragment})

    def run(self, script: str, *arguments: Any) -> Any:
        return self.call("POST", "execute/sync", {"script": script, "args": list(arguments)})

    def resize(self, width: int, height: int) -> None:
        """Set the size of the page itself, below what a window can be made."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.devtools("Emulation.setDeviceMetricsOverride", size)

    def devtools(self, command: str, parameters: dict[str, Any]) -> Any:
        return self.call("POST", "goog/cdp/execute", {"cmd": command, "params": parameters})

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Press at one place of the window, move and let go at another."""
        steps: list[dict[str, Any]] = [
            _move(start), {"type": "pointerDown", "button": 0}, _move(end, 50),
            {"type": "pointerUp", "button": 0},
        ]  # fmt: skip
        source = {"type": "pointer", "id": "mouse", "actions": steps}
        self.call("POST", "actions", {"actions": [source]})

    def click(self, at: tuple[float, float]) -> None:
        self.drag(at, at)

    def keys(self, text: str) -> None:
        actions = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        source = {"type": "key", "id": "keyboard", "actions": actions}
        self.call("POST", "actions", {"actions": [source]})

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.call("GET", "screenshot")))

    def log(self, kind: str) -> list[dict[str, Any]]:
        """Return the entries of ``browser`` (console) or ``performance`` since the last call."""
        entries: list[dict[str, Any]] = self.call("POST", "se/log", {"type": kind})
        return entries

    def requests(self) -> list[str]:
        """Return the addresses that were asked for since the last call."""
        messages = [json.loads(entry["message"])["message"] for entry in self.log("performance")]
        return [
            message["params"]["request"]["url"]
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        ]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        return _call(method, f"{self.session}/{path}", body)


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """Start the driver and a browser with an empty profile, and end both."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    service = f"http://127.0.0.1:{port}"
    assert DRIVER and CHROMIUM, MISSING
    driver = subprocess.Popen(
        [DRIVER, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(f"{service}/status", driver)
        options = {
            "binary": CHROMIUM,
            "args": [*ARGUMENTS, f"--user-data-dir={profile}", "--window-size=1300,900"],
        }
        wanted = {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        body = {"capabilities": {"alwaysMatch": wanted}}
        made = _call("POST", f"{service}/session", body)
        window = Browser(f"{service}/session/{made['sessionId']}")
        try:
            yield window
        finally:
            window.call("DELETE", "")
    finally:
        driver.terminate()
        driver.wait(timeout=100)


def _move(to: tuple[float, float], milliseconds: int = 0) -> dict[str, Any]:
    x, y = (round(value) for value in to)
    return {"type": "pointerMove", "duration": milliseconds, "x": x, "y": y}


def _wait_for(address: str, driver: "subprocess.Popen[bytes]") -> None:
    for _ in range(1200):
        assert driver.poll() is None, "chromedriver ended"
        try:
            if _call("GET", address)["ready"]:
                return
        except (urllib.error.URLError, ConnectionError):
            pass
        time.sleep(0.1)
    raise AssertionError("chromedriver does not answer")


def _call(method: str, address: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address.rstrip("/"), data, method=method)
    request.add_header("Content-Type", "application/json")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=120) as answer:
            return json.load(answer)["value"]
    except urllib.error.HTTPError as error:
        with error:
            told = json.load(error)["value"]
        raise AssertionError(f"{told['error']}: {told['message']}") from None
