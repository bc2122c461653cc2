"""What the tests share: the built command, the fixtures, a folder for each test."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures"


@pytest.fixture(scope="session")
def command() -> Path:
    """The built command: ``$RSTAGE_BIN``, else that of a debug build."""
    place = Path(os.environ.get("RSTAGE_BIN", ROOT / "target" / "debug" / "rstage"))
    if not place.exists():
        pytest.fail(f"{place} is absent: run `cargo build` first")
    return place


@pytest.fixture
def run(command: Path, tmp_path: Path):
    """Runs the command on a fixture and gives the folder of its result."""

    def run(*arguments: str, source: Path = FIXTURES / "registry.parquet", out: str = "out") -> Path:
        line = [command, "run", source, "--out", tmp_path / out, "--quiet", *arguments]
        subprocess.run(line, check=True)
        return tmp_path / out

    return run
