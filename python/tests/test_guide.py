"""Every block of Python in the guide runs as it is printed."""

from __future__ import annotations

import re

from conftest import ROOT


def test_blocks_of_the_guide(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    page = (ROOT / "docs" / "src" / "python.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 4
    names: dict[str, object] = {}
    for block in blocks:
        exec(block.replace('"counts.json"', repr(str(tmp_path / "counts.json"))), names)
    assert "IIIA" in capsys.readouterr().out
    assert (tmp_path / "counts.json").exists()


def test_the_example_of_the_module():
    import doctest

    import rstage

    tried = doctest.testmod(rstage)
    assert tried.attempted == 3 and not tried.failed
