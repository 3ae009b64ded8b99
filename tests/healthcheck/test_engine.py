"""A real engine reads the health check of our images, runs the carried program, and believes it."""

from __future__ import annotations

import json
import shutil
import time
from typing import Any

import pytest

from tests.makers.engine import Engine
from tests.makers.peer import HERE
from tests.makers.project import Project, make_project

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("catalogue")]

TIMES = "interval: 1s, timeout: 5s, retries: 1"
PATIENT = f"{TIMES}, start-period: 1m"  # one success ends it
CONFIGURATION = f"""
images:
  web:
    from: scratch
    variants: [latest, nonroot]
    files:
      - {{path: /usr/bin/busybox, source: busybox}}
      - {{path: /www/healthz, text: "ok"}}
      - {{path: /tmp, folder: true, mode: "1777"}}
    accounts: {{users: [{{name: nonroot, uid: 65532, home: /tmp}}], groups: [{{name: nonroot, gid: 65532}}]}}
    entrypoint: [/usr/bin/busybox, httpd, -f, -p, "127.0.0.1:8080", -h, /www]
    healthcheck: {{http: "http://127.0.0.1:8080/healthz", {PATIENT}}}
  missing: {{from: web, healthcheck: {{http: "http://localhost:8080/missing", {TIMES}}}}}
  port: {{from: web, healthcheck: {{tcp: "localhost:8080", {PATIENT}}}}}
  deaf: {{from: web, healthcheck: {{grpc: "127.0.0.1:8080", {TIMES}}}}}
  file: {{from: web, healthcheck: {{file: /www/healthz, {PATIENT}}}}}
  stale: {{from: web, healthcheck: {{file: /www/healthz, younger-than: 1s, {TIMES}}}}}
  program: {{from: web, healthcheck: {{exec: [/usr/bin/busybox, test, -e, /www], {PATIENT}}}}}
  slow: {{from: web, healthcheck: {{exec: [/usr/bin/busybox, sleep, "1000"], interval: 1s, timeout: 4s, retries: 1}}}}
  silent: {{from: web, healthcheck: none}}
"""
WAIT_S = 60


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("healthy")
    busybox = shutil.which("busybox")
    assert busybox, "busybox-static is needed"
    made = make_project(folder, CONFIGURATION, [], HERE.oci)
    shutil.copy2(busybox, made.folder / "busybox")
    return made


@pytest.fixture(scope="module")
def engine(docker_engine: Engine, project: Project) -> Engine:
    for image in ("web", "missing", "port", "deaf", "file", "stale", "program", "slow", "silent"):
        load(docker_engine, project, f"{image}:nonroot", "docker-archive")
    return docker_engine


def load(engine: Engine, project: Project, image: str, form: str) -> None:
    path = project.folder / "image.tar"
    arguments = ("--arch", HERE.oci, "--offline", "--frozen", "--format", form, "--out", str(path), "--quiet")
    assert project.run("build", image, *arguments) == 0
    engine.run("load", "--input", path)
    path.unlink()


def health(engine: Engine, image: str) -> tuple[str, str]:
    """What the engine says of a container after its first checks, and what the program said."""
    container = engine.run("run", "--detach", "--network", "none", "--read-only", image).strip()
    end = time.monotonic() + WAIT_S
    try:
        while True:
            state: dict[str, Any] = json.loads(engine.run("inspect", container))[0]["State"]
            status = state.get("Health", {}).get("Status", "none")
            if status != "starting":
                return status, "".join(one["Output"] for one in state.get("Health", {}).get("Log", [])[-1:])
            assert time.monotonic() < end, f"still starting: {state}"
            time.sleep(0.2)  # the engine tells nobody when it has made up its mind
    finally:
        engine.run("rm", "--force", container)


@pytest.mark.parametrize(
    ("image", "status", "said"),
    [
        ("web", "healthy", "healthy: http://127.0.0.1:8080/healthz answers 200\n"),
        ("missing", "unhealthy", "unhealthy: http://localhost:8080/missing answers 404\n"),
        ("port", "healthy", "healthy: localhost:8080 takes connections\n"),
        ("deaf", "unhealthy", "unhealthy: 127.0.0.1:8080 does not speak gRPC in the clear\n"),
        ("file", "healthy", "healthy: /www/healthz is there\n"),
        ("program", "healthy", "healthy: /usr/bin/busybox ended with 0\n"),
        ("slow", "unhealthy", "unhealthy: /usr/bin/busybox did not end within 3000ms\n"),
        ("silent", "none", ""),
    ],
)
def test_docker_turns_healthy_and_says_why_not(engine: Engine, image: str, status: str, said: str) -> None:
    assert health(engine, f"{image}:nonroot") == (status, said)


def test_docker_finds_a_file_stale(engine: Engine) -> None:
    status, said = health(engine, "stale:nonroot")

    assert status == "unhealthy"
    assert said.startswith("unhealthy: /www/healthz was last written ")


@pytest.mark.parametrize("form", ["docker-archive", "oci-archive"])
def test_docker_reads_the_check_from_either_archive(docker_engine: Engine, project: Project, form: str) -> None:
    load(docker_engine, project, "port:nonroot", form)

    config = json.loads(docker_engine.run("image", "inspect", "port:nonroot"))[0]["Config"]

    assert config["Healthcheck"] == {
        "Test": ["CMD", "/usr/bin/healthcheck", "tcp", "--timeout", "4000ms", "localhost:8080"],
        "Interval": 10**9, "Timeout": 5 * 10**9, "StartPeriod": 60 * 10**9, "Retries": 1,
    }  # fmt: skip
