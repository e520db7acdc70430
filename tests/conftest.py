import os

import pytest
from hypothesis import settings

# The same examples on every machine, so that a red run can be repeated; look further with HYPOTHESIS_PROFILE=search.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("search", max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite-reports",
        action="store_true",
        help="write the stories' reports anew instead of comparing them; read the difference before committing",
    )
