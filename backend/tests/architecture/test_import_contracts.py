"""The import contracts of pyproject.toml hold, every package has its layer, and no import does any work."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[3]
CONFIG = ROOT / "pyproject.toml"
PACKAGES = {
    path.stem
    for path in (ROOT / "backend" / "app").iterdir()
    if path.suffix == ".py" or (path / "__init__.py").exists()
} - {"__init__"}
LAYERS = "Imports go downwards only"
ALL_MODULES = """
import importlib, pkgutil, socket, subprocess, sys, threading
import app
def refuse(*_, **__):
    raise AssertionError("an import opened a socket, started a process or a thread")
names = [module.name for module in pkgutil.walk_packages(app.__path__, "app.") if ".migrations." not in module.name]
names = [name for name in names if not name.endswith("__main__")]
threads = threading.active_count()
socket.socket.connect = refuse
subprocess.Popen.__init__ = refuse
for name in names:
    importlib.import_module(name)
assert threading.active_count() == threads, threading.enumerate()
"""


def test_the_contracts_hold() -> None:
    program = Path(sys.executable).with_name("lint-imports")  # in this process it would switch off everybody's loggers
    done = subprocess.run(  # noqa: S603 - the linter of our own environment
        [program, "--config", CONFIG, "--no-cache"], capture_output=True, text=True, timeout=60, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_package_has_its_layer() -> None:
    contracts = tomllib.loads(CONFIG.read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract for contract in contracts if contract["name"] == LAYERS)
    assert layers["exhaustive"]
    assert {name.strip() for layer in layers["layers"] for name in layer.split("|")} == PACKAGES


def test_importing_does_no_work() -> None:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "backend")}
    done = subprocess.run(  # noqa: S603 - our own interpreter on our own text
        [sys.executable, "-c", ALL_MODULES], capture_output=True, text=True, timeout=60, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
