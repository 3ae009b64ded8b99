"""container-structure-test itself is asked the same questions: same file, same image, same verdict for each test."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from bareboat.oci.config import Execution
from tests.inspect.structure.verdicts import verdict_of
from tests.makers.image import Made
from tests.makers.layers import file, folder, make_image_from, symlink, whiteout

pytestmark = [pytest.mark.structure, pytest.mark.oracle]

_TIMEOUT_S = 120

MOTD = b"ahoy Sailor\nport 8080\n\ttabs\n"
DOC = "usr/share/doc"


def image() -> Made:
    return make_image_from(
        [
            folder("etc"), file("etc/motd", MOTD, mode=0o640), file("etc/old"), folder("tmp", mode=0o1777),
            folder("usr"),
            folder("usr/bin"), file("usr/bin/su", b"\xff\xfe\n", mode=0o4755), file("usr/bin/wall", mode=0o2711),
            symlink("bin", "usr/bin"), symlink("etc/greeting", "motd"), symlink("etc/nowhere", "none"),
            folder("usr/share"), folder(DOC), folder(f"{DOC}/a"), file(f"{DOC}/a/copyright", b"GPL"),
            folder(f"{DOC}/libgnutls30"), file(f"{DOC}/libgnutls30/copyright", b"AGPL"),
            file(f"{DOC}/README", b"wtfpl"),
        ],
        [whiteout("etc/old")],
        config=Execution(
            user="65532", env=("PATH=/bin", "EMPTY=", "WHERE=/etc", "A=b=c"), entrypoint=("/bin/su",), cmd=("-", "x"),
            exposed_ports=("8080/tcp", "53/udp"), volumes=("/data",), working_dir="/home",
            labels={"team": "harbour", "e": ""},
        ),
    )  # fmt: skip


EXPRESSIONS = [
    "ahoy", "^ahoy", "^port", "(?m)^port", "tabs$", r"tabs\n$", "(?m)tabs$", r"\z", "sailor", "(?i)sailor", ".",
    "a.*port",
    "(?s)ahoy.*port", r"\d{4}", r"\d{5}", "[[:upper:]]ailor", "[[:lower:]]ailor", r"\bport\b", r"\Bort", "x*",
    "(?:a|b)hoy",
    r"\Qport 8080\E", r"[^\n]+\t", r"\pL+ \pL+", r"\p{Lu}", r"\x41", r"\x{53}", "(?P<n>a)hoy", "(?U)a.*y", "a{1,2}hoy",
    "ah{2}",
    r"\s\S", r"^\w+ \w+$", r"(?m)^\w+ \w+$", "[]a]hoy", "(?i)S(?-i)ailor", "$^", "(|z)ahoy", r"\101", r"\C", "(?=a)",
    "a**", "(", "[z",
    r"\8", "a{1001}", r"\Z", "(?i)ſailor", "[a-]hoy", "(?<n>a)hoy",
]  # fmt: skip
REFUSED = frozenset({r"\C", "(?=a)", "a**", "(", "[z", r"\8", "a{1001}", r"\Z"})
"""The original fails a test for these, whether it expects or excludes them; here they are faults of the file."""

EXISTENCE = [
    {"path": "/etc/motd"}, {"path": "etc/motd"}, {"path": "/etc/none"}, {"path": "/etc/none", "shouldExist": False},
    {"path": "/etc/motd", "shouldExist": False}, {"path": "/etc/old"}, {"path": "/etc/old", "shouldExist": False},
    {"path": "/etc/motd", "permissions": "-rw-r-----"}, {"path": "/etc/motd", "permissions": "-rw-r--r--"},
    {"path": "/tmp", "permissions": "dtrwxrwxrwx"}, {"path": "/tmp", "permissions": "drwxrwxrwt"[:-1] + "x"},
    {"path": "/bin/su", "permissions": "urwxr-xr-x"}, {"path": "/usr/bin/wall", "permissions": "grwx--x--x"},
    {"path": "/etc/greeting", "permissions": "Lrwxrwxrwx"}, {"path": "/etc/nowhere"},
    {"path": "/etc/nowhere", "shouldExist": False},
    {"path": "/etc", "permissions": "drwxr-xr-x"}, {"path": "/"}, {"path": "/etc/motd/x"},
    {"path": "$WHERE/motd"}, {"path": "${WHERE}/motd"}, {"path": "$NONE/etc/motd"}, {"path": "$A"}, {"path": "/bin"},
    *({"path": path, "isExecutableBy": who}
      for path in ("/etc/motd", "/bin/su", "/bin/wall", "/tmp") for who in ("owner", "group", "other", "any")),
    {"path": "/etc/none", "shouldExist": False, "permissions": "-rw-r--r--"}, {"path": "/bin/su", "shouldExist": False},
]  # fmt: skip
METADATA = [
    {"envVars": [{"key": "PATH", "value": "/bin"}]}, {"envVars": [{"key": "PATH", "value": "/usr/bin"}]},
    {"envVars": [{"key": "EMPTY", "value": ""}]}, {"envVars": [{"key": "NONE", "value": ""}]},
    {"envVars": [{"key": "A", "value": "b=c"}]}, {"envVars": [{"key": "A", "value": "^b", "isRegex": True}]},
    {"envVars": [{"key": "A", "value": "^c", "isRegex": True}]}, {"unboundEnvVars": [{"key": "NONE"}]},
    {"unboundEnvVars": [{"key": "EMPTY"}]}, {"labels": [{"key": "team", "value": "harbour"}]},
    {"labels": [{"key": "team", "value": "port"}]}, {"labels": [{"key": "e", "value": ""}]},
    {"labels": [{"key": "none", "value": ""}]},
    {"labels": [{"key": "team", "value": "h.*r", "isRegex": True}]}, {"exposedPorts": ["8080"]},
    {"exposedPorts": ["53"]},
    {"exposedPorts": ["80"]}, {"unexposedPorts": ["80"]}, {"unexposedPorts": ["8080"]}, {"entrypoint": ["/bin/su"]},
    {"entrypoint": []}, {"entrypoint": ["/bin/su", "-"]}, {"cmd": ["-", "x"]}, {"cmd": ["-", "y"]}, {"cmd": []},
    {"volumes": ["/data"]}, {"volumes": ["/dat"]}, {"unmountedVolumes": ["/data"]}, {"unmountedVolumes": ["/root"]},
    {"workdir": "/home"}, {"workdir": "/"}, {"user": "65532"}, {"user": "0"},
]  # fmt: skip
LICENCES = [
    {"debian": True, "files": []}, {"debian": False, "files": [f"/{DOC}/README"]},
    {"debian": False, "files": ["/none"]},
    {"debian": False, "files": [f"/{DOC}/a/copyright"]},
]  # fmt: skip


def documents() -> list[dict[str, object]]:
    """Files of tests whose results can be told apart by their order."""
    contents = [
        {"name": f"{kind} {number}", "path": path, f"{kind}Contents": [expression]}
        for kind in ("expected", "excluded")
        for path in ("/etc/motd", "/etc/greeting", "/bin/su")
        for number, expression in enumerate(EXPRESSIONS)
        if expression not in REFUSED
    ]
    contents += [{"name": path, "path": path} for path in ("/none", "/etc", "/etc/nowhere", "$WHERE/motd", "/bin/su")]
    existence = [{"name": f"existence {number}", **test} for number, test in enumerate(EXISTENCE)]
    version_1 = [test for test in existence if "isExecutableBy" not in test and "$" not in str(test["path"])]
    head = {"schemaVersion": "2.0.0"}
    return [
        {**head, "fileContentTests": contents, "fileExistenceTests": existence},
        {"schemaVersion": "1.0.0", "fileContentTests": contents[:20], "fileExistenceTests": version_1},
        *({**head, "metadataTest": test} for test in METADATA),
        *({**head, "licenseTests": [test]} for test in LICENCES),
        {"schemaVersion": "1.0.0", "licenseTests": LICENCES[:1]},
    ]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image as `docker save` would write it."""
    from tests.makers.image import make_layout

    folder = tmp_path_factory.mktemp("archive")
    make_layout(folder / "layout", {"app:latest": image()})
    place = folder / "app.tar"
    command = ["skopeo", "copy", "--quiet", f"oci:{folder}/layout:app:latest", f"docker-archive:{place}:app:latest"]
    subprocess.run(command, check=True, capture_output=True, timeout=_TIMEOUT_S)
    return place


def asked(archive: Path, folder: Path, files: list[Path]) -> tuple[int, list[tuple[str, bool]]]:
    """The exit code and the verdicts of container-structure-test, by name."""
    command = ["container-structure-test", "test", "--driver", "tar", "--image", str(archive), "--output", "json"]
    command += [word for file in files for word in ("--config", str(file))]
    done = subprocess.run(command, check=False, capture_output=True, timeout=_TIMEOUT_S, cwd=folder)
    document = json.loads(done.stdout)
    return done.returncode, [(result["Name"], result["Pass"]) for result in document["Results"]]


def test_files_and_metadata_are_judged_alike(tmp_path: Path, archive: Path) -> None:
    files, ours = [], []
    for number, document in enumerate(documents()):
        files.append(tmp_path / f"{number:02}.yaml")
        files[-1].write_text(json.dumps(document))
        verdict = verdict_of(tmp_path / f"{number:02}", image(), json.dumps(document))
        ours += [(result.name, result.passed) for result in verdict.results]

    code, theirs = asked(archive, tmp_path, files)

    differ = [pair for pair in zip(ours, theirs, strict=True) if pair[0] != pair[1]]
    assert differ == []
    assert code == 1
    assert {passed for _, passed in ours} == {True, False}


@pytest.mark.parametrize("expression", sorted(REFUSED))
def test_what_is_refused_here_never_passes_there(tmp_path: Path, archive: Path, expression: str) -> None:
    for kind in ("expected", "excluded"):
        test = {"name": "it", "path": "/etc/motd", f"{kind}Contents": [expression]}
        place = tmp_path / f"{kind}.yaml"
        place.write_text(json.dumps({"schemaVersion": "2.0.0", "fileContentTests": [test]}))

        assert asked(archive, tmp_path, [place]) == (1, [("File Content Test: it", False)])
