import pytest
import small_story
from command_line import Done

from devicesim import cli


@pytest.fixture
def devicesim(capsys, monkeypatch, tmp_path):
    """Run one command line in this process and in a folder of its own, where ``small.toml`` lies."""
    monkeypatch.chdir(tmp_path)
    tmp_path.joinpath("small.toml").write_text(small_story.TEXT, encoding="utf-8")

    def run(*words):
        capsys.readouterr()
        code = cli.invoke(words)
        return Done(code, *capsys.readouterr())

    return run
