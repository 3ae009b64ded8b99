"""The catalogue is read without YAML, and means what its YAML says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bareboat.base.problem import Place, Problems
from bareboat.plan.catalog import image_names, load_catalog
from bareboat.plan.config.nodes import Node, Written, packed, unpacked
from bareboat.plan.config.reader import compose
from bareboat.plan.data import CATALOG, COMPILED, catalog_document, compiled, read_yaml
from bareboat.plan.distro import distros
from scripts.compile_catalog import VALUES, compiled_text


def told(node: Node) -> list[tuple[Place, object, dict[str, Place]]]:
    """Everything that a node and those below it say, but how large they are."""
    below = node.value.values() if isinstance(node.value, dict) else node.value if isinstance(node.value, list) else ()
    plain = (type(node.value), getattr(node.value, "kind", ""), node.plain())
    return [(node.place, plain, node.keys), *(line for one in below for line in told(one))]


def composed(data: bytes, file: str) -> Node:
    problems = Problems()
    node = compose(data, file, problems)
    assert node is not None
    assert problems.found == ()
    return node


def test_what_was_compiled_is_up_to_date() -> None:
    assert (CATALOG / COMPILED).read_text(encoding="utf-8") == compiled_text(), "run `make docs`"


@pytest.mark.parametrize("name", [*image_names(CATALOG), "omissions"])
def test_a_compiled_file_says_what_its_yaml_says(name: str) -> None:
    data = (CATALOG / f"{name}.yaml").read_bytes()
    known = compiled(f"{name}.yaml", data)
    assert known is not None
    assert told(unpacked(known, "f")) == told(composed(data, "f"))


@pytest.mark.parametrize("name", VALUES)
def test_a_compiled_document_says_what_its_yaml_says(name: str) -> None:
    assert catalog_document(name).fields == read_yaml((CATALOG / name).read_bytes())


def test_a_number_and_a_truth_value_stay_as_they_were_written() -> None:
    node = composed(b"{a: 3.10, b: yes, c: true, d: , e: '1', f: [{}, []]}", "f")
    again = unpacked(packed(node), "f")
    assert told(again) == told(node)
    assert isinstance(again.value, dict)
    assert again.value["a"].value == Written("3.10")


def test_a_file_that_was_changed_since_is_read_as_yaml(tmp_path: Path) -> None:
    (tmp_path / "static.yaml").write_text("from: scratch\ntitle: Ours\n")
    assert load_catalog(tmp_path, distros()).images["static"].title == "Ours"


def test_choosing_an_image_of_the_catalogue_imports_no_yaml() -> None:
    code = (
        "import sys; from bareboat.plan.desk import Desk; (one,) = Desk.at(None).chosen(['python3-debian13']);"
        "print(one.recipe.title, 'yaml' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == "False"
