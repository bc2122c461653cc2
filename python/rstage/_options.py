"""The options, by the names of the command's options with ``_`` for ``-``."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

Path = str | os.PathLike[str]


class Options(TypedDict, total=False):
    """What staging can be told; each has the default of the command (``rstage run --help``)."""

    name: str
    """What the frame is called in findings, messages and sums of counts."""
    map: Path | Mapping[str, Mapping[str, Any]]
    """A map file, or what would stand in one: ``{"columns": {"site": "tumour_site"}}``."""
    set: Mapping[str, str]
    """Constants for fields of every record: ``{"site": "C50.9"}``."""
    layout: str
    """The layout that names the columns, instead of the recognised one."""
    rules: Path
    """Folder of your own stage tables over the built-in ones."""
    algorithm: Path | Sequence[Path]
    """Algorithm files of SEER to stage with as well."""
    current_year: int
    """The year that these take for this year."""
    mx: Literal["m0", "unknown"]
    """A blank or MX metastasis category without evidence of metastasis elsewhere."""
    nx: Literal["unknown", "n0"]
    """A blank or NX nodal category."""
    edition: int
    """Edition of records that tell neither their edition nor their year of diagnosis."""
    also_edition: int | Sequence[int]
    """Editions under which every record is staged as well."""
    original_window: str
    """What belongs to the stage at diagnosis: longer, earlier, days, ajcc8, or days=N."""
    sync_months: int
    """Months from diagnosis up to which metastasis is synchronous."""
    oligo_profiles: str | Sequence[str]
    """Profiles of oligometastasis to grade under as well: names, or all."""
    oligometastasis: Mapping[str, Any]
    """The section ``[oligometastasis]`` of a configuration file."""
    findings: Mapping[str, Literal["off", "info", "warning", "error"]]
    """Severity by rule."""
    drop_identifiers: bool
    """Leave columns that name a person out of the records."""
    key_file: Path
    """File with the secret under which keys in findings become pseudonyms."""
    threads: int
    """Worker threads; as many as the machine has cores if 0."""
    memory_limit: int
    """MiB for what workers remember; the frames themselves are not counted."""


_LISTS = ("algorithm", "also_edition", "oligo_profiles")


def encoded(options: Mapping[str, Any]) -> str:
    """The options as the library takes them. A map file is read here, so that it need not be where the work is done."""
    told = {name: value for name, value in options.items() if value is not None}
    for name in _LISTS:
        if name in told and isinstance(told[name], (str, int, os.PathLike)):
            told[name] = [told[name]]
    if isinstance(place := told.get("map"), (str, os.PathLike)):
        with open(place, encoding="utf-8") as file:
            told["map"] = {"name": os.fspath(place), "text": file.read()}
    if "set" in told:
        told["set"] = {field: str(value) for field, value in told["set"].items()}
    return json.dumps(told, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "item"):
        return value.item()
    return list(value)
