"""Python in its image: what users of distroless's python3 ask for, and what they suffered from."""

from pathlib import Path

import pytest

from tests.contract.conftest import Catalogue

pytestmark = [pytest.mark.engine, pytest.mark.network, pytest.mark.xdist_group("catalogue")]

IMPORT_ALL = """
import importlib, pkgutil, sys, warnings
warnings.simplefilter("ignore")
skipped = {"antigravity", "this",
           "idlelib", "tkinter", "turtle", "turtledemo", "lib2to3", "test", "ensurepip", "msilib",
           "nt", "winreg", "winsound", "msvcrt", "_winapi", "_msi", "_wmi", "_overlapped", "nturl2path", "_scproxy",
           "_osx_support", "_aix_support", "_android_support", "_ios_support", "__main__", "_tkinter", "_dbm", "_gdbm"}
failed = []
for name in sorted(sys.stdlib_module_names - skipped):
    try:
        importlib.import_module(name)
    except ImportError as error:
        failed.append(f"{name}: {error}")
print("\\n".join(failed))
"""


def test_hello(catalogue: Catalogue) -> None:
    assert catalogue.output("python3", "-c", "print('Hello World')") == "Hello World\n"


@pytest.mark.parametrize(
    "name",
    ["/usr/bin/python", "/usr/bin/python3", "/usr/bin/python3.13", "/usr/local/bin/python", "/usr/local/bin/python3"],
)
def test_every_name_of_the_interpreter_is_there(catalogue: Catalogue, name: str) -> None:
    assert catalogue.output("python3", "--version", entrypoint=name).startswith("Python 3.13.")


def test_text_and_file_names_are_utf_8(catalogue: Catalogue) -> None:
    program = (
        r"import os, sys; os.chdir('/tmp'); open(u'h\xe9llo', 'w').close(); "
        "print(sys.getfilesystemencoding(), os.listdir())"
    )

    assert catalogue.output("python3", "-c", program) == "utf-8 ['h\xe9llo']\n"


def test_no_shell_can_be_started(catalogue: Catalogue) -> None:
    program = "import subprocess, sys; subprocess.check_call(sys.executable + ' -h', shell=True)"

    assert catalogue.attempt("python3", "-c", program) == 1


def test_the_whole_standard_library_can_be_imported(catalogue: Catalogue) -> None:
    assert catalogue.output("python3:nonroot", "-c", IMPORT_ALL) == "\n"


@pytest.mark.parametrize(
    ("library", "soname"), [("c", "libc.so.6"), ("ssl", "libssl.so.3"), ("sqlite3", "libsqlite3.so.0")]
)
def test_ctypes_finds_libraries(catalogue: Catalogue, library: str, soname: str) -> None:
    program = (
        f"import ctypes, ctypes.util; name = ctypes.util.find_library({library!r}); ctypes.CDLL(name); print(name)"
    )

    assert catalogue.output("python3:nonroot", "-c", program) == f"{soname}\n"


@pytest.mark.parametrize("home", ["/usr/local/bin", "/usr/bin"])
def test_a_venv_made_elsewhere_runs(catalogue: Catalogue, tmp_path: Path, home: str) -> None:
    """As `python -m venv` of the image python:3.13 leaves it: links to its interpreter, a note of its home."""
    venv = tmp_path / "venv"
    site = venv / "lib" / "python3.13" / "site-packages"
    site.mkdir(parents=True)
    (venv / "bin").mkdir()
    (venv / "bin" / "python").symlink_to(f"{home}/python3")
    (venv / "bin" / "python3").symlink_to("python")
    (venv / "pyvenv.cfg").write_text(f"home = {home}\ninclude-system-site-packages = false\nversion = 3.13.1\n")
    (site / "cargo.py").write_text("weight = 12\n")
    program = "import cargo, sys, ssl; print(cargo.weight, sys.prefix)"

    said = catalogue.engine.run(
        "run",
        "--rm",
        "--network",
        "none",
        "-v",
        f"{venv}:/venv:ro",
        "--entrypoint",
        "/venv/bin/python3",
        "python3",
        "-c",
        program,
    )
    assert said == "12 /venv\n"


def test_the_bundle_is_what_python_trusts(catalogue: Catalogue) -> None:
    program = "import ssl; print(len(ssl.create_default_context().get_ca_certs()) > 100)"

    assert catalogue.output("python3:nonroot", "-c", program) == "True\n"


def test_a_single_authority_is_found_by_its_hash(catalogue: Catalogue) -> None:
    """OpenSSL's default folder, without the bundle: what `SSL_CERT_FILE` papers over elsewhere."""
    program = (
        "import ssl, os; context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT); "
        "context.load_verify_locations(capath='/etc/ssl/certs'); "
        "names = [name for name in os.listdir('/etc/ssl/certs') if name.endswith('.0')]; print(len(names) > 100)"
    )

    assert catalogue.output("python3", "-c", program) == "True\n"
