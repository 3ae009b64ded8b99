"""The catalogue's images run without an engine as they do with one."""

import pytest

from bareboat.cli import main
from tests.contract.conftest import Catalogue

pytestmark = [
    pytest.mark.engine, pytest.mark.sandbox, pytest.mark.network, pytest.mark.xdist_group("catalogue"),
]  # fmt: skip

PROGRAM = (
    "import os, socket, ssl, sys, tempfile; print(sys.version_info[:2], os.getuid(), os.getcwd(), "
    "ssl.create_default_context().cert_store_stats()['x509_ca'] > 100, tempfile.gettempdir(), "
    "socket.gethostbyname('localhost'), os.access('/etc', os.W_OK))"
)


def test_python_says_the_same_in_a_sandbox_and_in_docker(
    catalogue: Catalogue, capfd: pytest.CaptureFixture[str]
) -> None:
    code = main(["run", str(catalogue.layout), "python3:nonroot", "--engine", "sandbox", "--", "-c", PROGRAM])

    said = capfd.readouterr().out
    assert (code, said.split()[2:]) == (0, ["65532", "/home/nonroot", "True", "/tmp", "127.0.0.1", "False"])
    assert said == catalogue.output("python3:nonroot", "-c", PROGRAM)


def test_an_image_without_a_program_says_so(
    catalogue: Catalogue, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(catalogue.layout), "static", "--engine", "sandbox"]) == 2
    assert "the image has no program of its own" in capsys.readouterr().err
