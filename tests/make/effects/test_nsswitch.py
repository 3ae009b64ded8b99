"""Where names are looked up."""

from __future__ import annotations

from bareboat.base.epoch import ZERO
from bareboat.make.effects import nsswitch
from bareboat.make.tree import Tree
from tests.makers.tree import contents, dump


def test_the_databases_are_those_of_distroless() -> None:
    made = nsswitch.entries(Tree(), moment=ZERO)
    lines = contents(made)["etc/nsswitch.conf"].decode().splitlines()
    assert dump(made) == ["0644 0:0 etc/nsswitch.conf 259 bytes"]
    assert {line.split()[0]: line.split()[1:] for line in lines} == {
        "passwd:": ["compat"],
        "group:": ["compat"],
        "shadow:": ["compat"],
        "gshadow:": ["files"],
        "hosts:": ["files", "dns"],
        "networks:": ["files"],
        "protocols:": ["db", "files"],
        "services:": ["db", "files"],
        "ethers:": ["db", "files"],
        "rpc:": ["db", "files"],
        "netgroup:": ["nis"],
    }
