"""container-structure-test runs commands by Docker, Bareboat in its sandbox: same file, same image, same verdicts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from bareboat.oci.config import Execution
from tests.makers.engine import Engine
from tests.makers.image import Made, make_layout
from tests.makers.layers import file, folder, make_image_from, symlink
from tests.makers.project import empty_project

pytestmark = [pytest.mark.structure, pytest.mark.oracle, pytest.mark.engine, pytest.mark.sandbox]

_TIMEOUT_S = 180


def image() -> Made:
    busybox = Path(shutil.which("busybox") or "").read_bytes()
    applets = ("sh", "cat", "ls", "id", "pwd", "env", "touch", "mkdir", "rm")
    return make_image_from(
        [
            folder("bin"), file("bin/busybox", busybox, mode=0o755),
            *(symlink(f"bin/{name}", "busybox") for name in applets),
            folder("etc"), file("etc/passwd", b"root:x:0:0::/root:/bin/sh\nsailor:x:1000:1000::/home:/bin/sh\n"),
            file("etc/group", b"root:x:0:\nsailor:x:1000:\n"), folder("home", uid=1000, gid=1000),
            folder("tmp", mode=0o1777),
        ],
        config=Execution(
            env=("PATH=/bin", "GREETING=ahoy"), entrypoint=("/bin/never",), cmd=("never",), user="sailor",
            working_dir="/home"
        ),
    )  # fmt: skip


def sh(line: str) -> dict[str, object]:
    return {"command": "sh", "args": ["-c", line]}


COMMANDS: list[dict[str, object]] = [
    {"command": "pwd", "expectedOutput": ["^/home\n$"]},
    {"command": "/bin/id", "args": ["-u"], "expectedOutput": ["^1000\n$"]},
    {"command": "id", "args": ["-u"], "expectedOutput": ["^0\n$"]},
    {"command": "env", "expectedOutput": ["(?m)^GREETING=ahoy$"]},
    {"command": "cat", "args": ["/etc/passwd"], "expectedOutput": ["sailor", "^root"], "excludedOutput": ["nobody"]},
    {"command": "cat", "args": ["/etc/passwd"], "excludedOutput": ["sailor"]},
    {"command": "cat", "args": ["/none"], "exitCode": 1, "expectedError": ["No such file"]},
    {"command": "cat", "args": ["/none"], "expectedError": ["No such file"]},
    {"command": "cat", "args": ["/none"], "exitCode": 1, "excludedError": ["No such file"]},
    {"command": "none"},
    {"command": "/etc/passwd"},
    {**sh("exit 7"), "exitCode": 7},
    {**sh("exit 7"), "exitCode": 8},
    {**sh("kill -9 $$"), "exitCode": 137},
    {**sh("echo $GREETING"), "expectedOutput": ["^ahoy\n$"]},
    {**sh("for i in 1 2; do echo x${i}x; done"), "expectedOutput": ["^xx\nxx\n$"]},
    {**sh("echo out; echo err >&2"), "expectedOutput": ["^out\n$"], "expectedError": ["^err\n$"]},
    {**sh("touch /bin/x"), "exitCode": 1, "expectedError": ["Permission denied"]},
    {**sh("touch /tmp/x && ls /tmp"), "expectedOutput": ["^x\n$"]},
    {"command": "ls", "args": ["/tmp"], "excludedOutput": ["."]},
    {"command": "ls", "args": ["/tmp"], "setup": [["touch", "/tmp/a"], ["mkdir", "/tmp/b"]],
     "expectedOutput": ["^a\nb\n$"]},
    {"command": "ls", "args": ["/tmp"], "setup": [["touch", "/tmp/a"], ["rm", "/tmp/a"]], "expectedOutput": ["^$"]},
    {"command": "pwd", "setup": [["sh", "-c", "exit 3"]]},
    {"command": "pwd", "setup": [["none"]]},
    {"command": "env", "envVars": [{"key": "MINE", "value": "1"}], "expectedOutput": ["(?m)^MINE=1$"]},
    {"command": "env", "setup": [["touch", "a"]], "envVars": [{"key": "MINE", "value": "$GREETING!"}],
     "expectedOutput": ["(?m)^MINE="]},
    {"command": "pwd", "teardown": [["none"]]},
]  # fmt: skip


def document(**more: object) -> dict[str, object]:
    tests = [{"name": f"{number:02} {test['command']}", **test} for number, test in enumerate(COMMANDS)]
    return {"schemaVersion": "2.0.0", "commandTests": tests, **more}


DOCUMENTS = [
    document(),
    {
        "schemaVersion": "2.0.0",
        "globalEnvVars": [{"key": "PATH", "value": "/none:$PATH"}, {"key": "WORD", "value": "$GREETING, all"}],
        "commandTests": [
            {"name": "path", "command": "env", "expectedOutput": ["(?m)^PATH=/none:/bin$", "(?m)^WORD=ahoy, all$"]},
            {"name": "words", **sh("echo '$WORD'"), "expectedOutput": ["^ahoy, all\n$"]},
        ],
    },
    {
        "schemaVersion": "2.0.0",
        "containerRunOptions": {"user": "root"},
        "commandTests": [{"name": "user", "command": "id", "args": ["-u"], "expectedOutput": ["^0\n$"]}],
    },
    {
        "schemaVersion": "1.0.0",
        "commandTests": [
            {"name": "one", "command": ["id", "-un"], "expectedOutput": ["sailor"]},
            {"name": "two", "command": ["id", "-un"], "expectedOutput": ["root"]},
        ],
    },
]


def test_commands_are_judged_alike(tmp_path: Path, docker_engine: Engine) -> None:
    project = empty_project(tmp_path)
    make_layout(project.folder / "out", {"sailing:latest": image()})
    archive = project.folder / "app.tar"
    copy = [
        "skopeo",
        "copy",
        "--quiet",
        f"oci:{project.folder}/out:sailing:latest",
        f"docker-archive:{archive}:sailing:test",
    ]
    subprocess.run(copy, check=True, capture_output=True, timeout=_TIMEOUT_S)
    docker_engine.run("load", "--input", archive)
    files = [project.write(f"{number}.json", json.dumps(text)) for number, text in enumerate(DOCUMENTS)]
    configs = [word for file in files for word in ("--config", str(file))]

    done = subprocess.run(
        ["container-structure-test", "test", "--image", "sailing:test", "--output", "json", *configs],
        check=False, capture_output=True, timeout=_TIMEOUT_S, env={**os.environ, "DOCKER_HOST": docker_engine.address},
    )  # fmt: skip
    theirs = [
        (result["Name"].removeprefix("Command Test: "), result["Pass"]) for result in json.loads(done.stdout)["Results"]
    ]
    code = project.run("test", "out", *configs, "--engine", "sandbox", "--test-report", "report.json")
    report = json.loads((project.folder / "report.json").read_text())
    ours = [(result["Name"].removeprefix("Command Test: "), result["Pass"]) for result in report["Results"]]

    differ = [pair for pair in zip(ours, theirs, strict=True) if pair[0] != pair[1]]
    assert differ == []
    assert (code, done.returncode) == (1, 1)
    assert {passed for _, passed in ours} == {True, False}
