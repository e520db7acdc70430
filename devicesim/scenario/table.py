"""What every table of a scenario file is: frozen, and without keys that it does not know."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Table(BaseModel):
    """A table of the scenario file: frozen, and no key it does not know."""

    # Built when first needed: a table inside another table needs no validator of its own.
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)
