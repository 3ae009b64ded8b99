"""Write `catalog/compiled.json`: the YAML of the catalogue, read once, each file with the digest of its bytes.

`distros.yaml` and `upstream.yaml` become plain values; images and omissions become nodes, which know their places.
Run it after a change to a file of the catalogue; until then that file is read as YAML by every command.
"""

import json

from bareboat.base.digest import Digest
from bareboat.base.problem import Problems
from bareboat.plan.catalog import OMISSIONS, image_names
from bareboat.plan.config.nodes import packed
from bareboat.plan.config.reader import compose
from bareboat.plan.data import CATALOG, COMPILED, read_yaml

VALUES = ("distros.yaml", "upstream.yaml")


def compiled_text() -> str:
    """What is to stand in the file."""
    nodes = [f"{name}.yaml" for name in (*image_names(CATALOG), OMISSIONS)]
    return "{\n" + ",\n".join(_line(name) for name in sorted([*nodes, *VALUES])) + "\n}\n"


def _line(name: str) -> str:
    data = (CATALOG / name).read_bytes()
    value = read_yaml(data) if name in VALUES else _packed(name, data)
    return f" {json.dumps(name)}: {json.dumps([Digest.of(data).hex, value], ensure_ascii=False)}"


def _packed(name: str, data: bytes) -> object:
    problems = Problems()
    node = compose(data, name, problems)
    if node is None or problems.found:
        raise SystemExit("\n".join(map(str, problems.found)))
    return packed(node)


if __name__ == "__main__":
    (CATALOG / COMPILED).write_text(compiled_text(), encoding="utf-8")
