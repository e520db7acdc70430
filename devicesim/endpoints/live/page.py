"""The page of the HTTP door: one file of HTML, style and script, which needs no network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'"
)
"""What a browser lets the page do: nothing that leads away from this door."""


def page(state: Mapping[str, Any]) -> str:
    """The page as HTML, with a state to begin with."""
    text = resources.files(__package__).joinpath("page.html").read_text(encoding="utf-8")
    # In a script nothing but "<" can end it.
    told = json.dumps(state, ensure_ascii=False).replace("<", "\\u003c")
    return text.replace("{{POLICY}}", POLICY).replace("{{STATE}}", told)
