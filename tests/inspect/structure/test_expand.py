"""Variables are put in as Go's `os.Expand` does it."""

from __future__ import annotations

import pytest

from bareboat.inspect.structure.claims import Variable
from bareboat.inspect.structure.expand import expanded, with_variables

# What os.Expand gives, by its documentation and source (Go 1.26, os/env.go).
TEXTS = {
    "": "", "plain": "plain", "$HOME": "/root", "${HOME}": "/root", "a${HOME}b": "a/rootb", "$HOME_": "", "$HOMEs": "",
    "$HOME/x:$PATH": "/root/x:/bin", "$": "$", "$ x": "$ x", "$$": "", "$1x": "x", "$?": "", "${1}": "", "${}": "",
    "${": "",
    "${HOME": "HOME", "a$-b": "ab", "$/": "$/", "${A B}": "", "é$HOMEé": "é/rooté",
}  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_variables_are_put_in(text: str) -> None:
    assert expanded(text, {"HOME": "/root", "PATH": "/bin"}) == TEXTS[text]


def test_variables_that_are_set_may_name_those_before() -> None:
    variables = [Variable(key="PATH", value="/env/bin:$PATH"), Variable(key="HOME", value="${HOME}/x")]

    assert with_variables({"PATH": "/bin", "A": "b"}, variables) == {"PATH": "/env/bin:/bin", "A": "b", "HOME": "/x"}
