"""Find Chromium and nginx for the tests, or have Debian install them."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHINESE_FONTS = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
MISSING = (
    "Chromium is missing: the browser tests cannot run. Install it (Debian: "
    "apt-get install chromium fonts-noto-cjk; macOS: brew install --cask chromium), "
    "or name it in CHROMIUM."
)
NO_PROXY = (
    "nginx is missing: the tests of the production form cannot run. Install it "
    "(Debian: apt-get install nginx-light; macOS: brew install nginx)."
)


def find_chromium() -> str | None:
    """Return the path of a Chromium: CHROMIUM if it is set, or the first on the PATH."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named if Path(named).exists() else None
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def chromium_environment(say: Callable[[str], None]) -> dict[str, str]:
    """CHROMIUM for the tests, installed as root on Debian; says when it is missing."""
    debian = shutil.which("apt-get") is not None and os.geteuid() == 0
    missing = [] if find_chromium() else ["chromium"]
    if debian and not CHINESE_FONTS.exists():
        missing.append("fonts-noto-cjk")
    if debian and not shutil.which("nginx"):
        missing.append("nginx-light")
    if debian and missing:
        say(f"Installing {' and '.join(missing)} …")
        _install(missing, say)
    found = find_chromium()
    if not found:
        say(MISSING)
        return {}
    return {"CHROMIUM": found}


def _install(packages: list[str], say: Callable[[str], None]) -> None:
    environment = dict(os.environ) | {"DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    for command in (["apt-get", "update"], install):
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=environment,
            check=False,
        )
        if done.returncode:
            say(f"`{' '.join(command)}` failed:\n{done.stderr.strip()[-1000:]}")
