import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite-reports",
        action="store_true",
        help="write the stories' reports anew instead of comparing them; read the difference before committing",
    )
