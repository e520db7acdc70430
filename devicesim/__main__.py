"""``devicesim`` and ``python -m devicesim``."""

from devicesim.cli import main

if __name__ == "__main__":
    main()
