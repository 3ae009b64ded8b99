"""Make the checkout importable in this virtual environment, and put the program `bareboat` there.

What `pip install --editable` would do, without a build backend: that would have to be fetched and be trusted too.
"""

import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = """#!{python}
import sys

from bareboat.__main__ import run

sys.exit(run())
"""


def main() -> None:
    """Write the `.pth` file, the metadata that tells the version, and the program."""
    packages = Path(sysconfig.get_paths()["purelib"])
    (packages / "bareboat.pth").write_text(f"{ROOT / 'src'}\n")
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    version = next(line.split('"')[1] for line in lines if line.startswith("version"))
    metadata = packages / f"bareboat-{version}.dist-info"
    metadata.mkdir(exist_ok=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: bareboat\nVersion: {version}\n")
    program = Path(sys.prefix) / "bin" / "bareboat"
    program.write_text(PROGRAM.format(python=sys.executable))
    program.chmod(0o755)


main()
