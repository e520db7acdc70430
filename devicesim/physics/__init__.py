"""Physical models as pure functions: SI in, SI out, each with its equation and source."""
