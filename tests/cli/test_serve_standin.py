"""``devicesim serve --s3``: real AWS is never called."""

import subprocess
import sys

import pytest

pytest.importorskip("boto3")


def test_law_the_shell_refuses_it_as_well():
    words = [sys.executable, "-m", "devicesim", "serve", "--s3", "https://s3.amazonaws.com"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "real AWS is never called" in done.stderr
