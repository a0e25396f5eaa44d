"""The wheel is the whole program: installed without the repository, it has its migrations and its command."""

import zipfile
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[3]


def test_the_wheel_holds_every_file_of_the_program_and_the_command(tmp_path: Path) -> None:
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (entry_points,) = (name for name in names if name.endswith("/entry_points.txt"))
        assert "sovd = app.cli:main" in archive.read(entry_points).decode()
    app = ROOT / "backend" / "app"
    files = {path for path in app.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert {path.relative_to(app.parent).as_posix() for path in files} == {n for n in names if ".dist-info/" not in n}
