"""Pods under the strictest of the pod security standards, run by the runtime that nodes of Kubernetes have.

The images are a program on `python3`, pulled from `bareboat serve` as from any registry.
"""

from __future__ import annotations

import json
import shutil
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bareboat.cli import main
from tests.makers.cri import EXITED, RUNNING, CriError, Done
from tests.makers.kubelet import Node, Pod, a_node, check_not_root
from tests.makers.peer import Verdict, ask
from tests.makers.served import served

pytestmark = [pytest.mark.engine, pytest.mark.network, pytest.mark.xdist_group("kubernetes")]

NONROOT = 65532
GRACE_S = 30
WAIT_S = 60
CONFIGURATION = """
images:
  pause:
    from: scratch
    files: [{path: /usr/bin/busybox, source: busybox}]
    entrypoint: [/usr/bin/busybox, sleep, infinity]
  orders:
    from: python3
    files: [{path: /app, source: app}, {path: /data, folder: true, owner: "65532:0", mode: "0775"}]
    components: [healthcheck]
    cmd: [/app/main.py]
    variants: [latest, nonroot, debug-nonroot]
"""
PROGRAM = '''
import json, os, signal, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        said = dict(line.split(":\\t") for line in open("/proc/self/status").read().splitlines() if ":\\t" in line)
        try:
            open("/etc/new", "w")
            refused = ""
        except OSError as error:
            refused = error.strerror
        open("/tmp/alive", "w").write("yes")
        facts = {"uid": os.getuid(), "gid": os.getgid(), "pid": os.getpid(), "refused": refused, "home": os.getcwd()}
        body = json.dumps(facts | {key: said[key] for key in ("CapEff", "NoNewPrivs", "Seccomp")}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
print(server.server_address[1], flush=True)
server.serve_forever()
print("stopped in peace", flush=True)
'''


@dataclass(frozen=True)
class Cluster:
    """A node, and the registry that it pulls from."""

    node: Node
    registry: str

    def image(self, tag: str) -> str:
        """The program's image, pulled."""
        name = f"{self.registry}/orders:{tag}"
        self.node.cri.pull(name)
        return name


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    busybox = shutil.which("busybox")
    assert busybox, "busybox-static is needed"
    shutil.copy2(busybox, folder / "busybox")
    (folder / "app").mkdir()
    (folder / "app" / "main.py").write_text(PROGRAM)
    (folder / "bareboat.yaml").write_text(CONFIGURATION)
    with chdir(folder):
        assert main(["build", "--arch", "this", "--quiet"]) == 0
        form = ["--format", "oci-archive", "--out", "pause.tar"]
        assert main(["build", "pause:latest", "--arch", "this", *form, "--quiet"]) == 0
    with a_node() as node, served(folder / "out") as registry:
        node.load(folder / "pause.tar")
        node.trust(registry.host)
        yield Cluster(node, registry.host)


@dataclass(frozen=True)
class Running:
    """The program in a pod of its own."""

    pod: Pod
    container: str
    port: int

    def get(self) -> dict[str, Any]:
        """What the program says of itself."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=30) as answer:
            found = json.load(answer)
        assert isinstance(found, dict)
        return found


@pytest.fixture
def orders(cluster: Cluster, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Running]:
    """The program, started, with a volume at /tmp."""
    (tmp_path / "volume").mkdir()
    (tmp_path / "volume").chmod(0o777)
    tmp_path.chmod(0o755)
    image = cluster.image("nonroot")
    pod = Pod(cluster.node, request.node.name.replace("_", "-")[:50])
    try:
        container = pod.run("orders", image, tmp=tmp_path / "volume")
        within(WAIT_S, lambda: pod.log("orders") != "" or cluster.node.cri.state(container).state != RUNNING)
        assert cluster.node.cri.state(container).state == RUNNING, pod.log("orders")
        yield Running(pod, container, int(pod.log("orders").splitlines()[0]))
    finally:
        pod.stop()


def within(seconds: float, holds: Callable[[], bool]) -> None:
    """Wait until it holds; the runtime has no events that would say so."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_restricted_pod_runs_as_it_is_told(orders: Running) -> None:
    assert orders.get() == {
        "uid": NONROOT, "gid": NONROOT, "pid": 1, "home": "/home/nonroot", "refused": "Read-only file system",
        "CapEff": "0000000000000000", "NoNewPrivs": "1", "Seccomp": "2",
    }  # fmt: skip


def test_the_kubelet_believes_that_it_is_not_root(cluster: Cluster) -> None:
    """It believes numbers alone."""
    assert cluster.node.cri.user_of(cluster.image("nonroot")) == (NONROOT, "")
    check_not_root(*cluster.node.cri.user_of(cluster.image("debug-nonroot")))
    with pytest.raises(AssertionError, match="image will run as root"):
        check_not_root(*cluster.node.cri.user_of(cluster.image("latest")))


def test_it_ends_in_peace_within_the_grace_period(cluster: Cluster, orders: Running) -> None:
    asked = time.time_ns()

    cluster.node.cri.stop(orders.container, GRACE_S)

    state = cluster.node.cri.state(orders.container)
    assert (state.state, state.exit_code) == (EXITED, 0), orders.pod.log("orders")
    assert state.finished_ns - asked < GRACE_S * 10**9, "it was not killed"
    assert orders.pod.log("orders").endswith("stopped in peace\n")


@pytest.mark.parametrize("shell", ["/bin/sh", "/bin/bash", "sh", "/busybox/sh"])
def test_nobody_gets_a_shell(cluster: Cluster, orders: Running, shell: str) -> None:
    with pytest.raises(CriError):
        cluster.node.cri.execute(orders.container, shell, "-c", "echo hello")

    assert cluster.node.cri.execute(orders.container, "/usr/bin/python3", "-c", "print('hello')").out == "hello\n"


def test_a_probe_by_exec_needs_no_shell(cluster: Cluster, orders: Running) -> None:
    url = f"http://127.0.0.1:{orders.port}/"

    def asked(*words: str) -> Done:
        return cluster.node.cri.execute(orders.container, "/usr/bin/healthcheck", *words)

    well = asked("http", "--timeout", "10s", url)
    alive = asked("file", "--younger-than", "1h", "/tmp/alive")
    ill = asked("tcp", "127.0.0.1:1")

    assert (well.code, well.out) == (0, f"healthy: {url} answers 200\n")
    assert (alive.code, alive.out) == (0, "healthy: /tmp/alive was written less than 1h ago\n")
    assert (ill.code, ill.out) == (1, "unhealthy: cannot connect to 127.0.0.1:1: nobody listens there\n")


def test_an_ephemeral_container_of_the_debug_variant_sees_the_files_of_its_target(
    cluster: Cluster, orders: Running
) -> None:
    """What `kubectl debug --target` starts, under the same restrictions."""
    look = "cat /proc/1/root/app/main.py; ls /proc/1/root/usr/bin; ps; exit 7"

    debugger = orders.pod.run(
        "debugger", cluster.image("debug-nonroot"), command=["/busybox/sh", "-c", look], target=orders.container
    )

    within(WAIT_S, lambda: cluster.node.cri.state(debugger).state == EXITED)
    said = orders.pod.log("debugger")
    assert cluster.node.cri.state(debugger).exit_code == 7, said
    assert said.startswith(PROGRAM)
    assert "\nhealthcheck\n" in said
    assert "/app/main.py" in said.rpartition("PID")[2]
    assert cluster.node.cri.state(orders.container).state == RUNNING


def test_an_arbitrary_user_of_openshift_runs_it(cluster: Cluster, request: pytest.FixtureRequest) -> None:
    """Of the project's own range, without an account, in the group 0."""
    look = (
        "import os, pathlib; pathlib.Path('/data/new').write_text('x'); "
        "print(os.getuid(), os.getgid(), os.getcwd(), os.environ['HOME'], os.access('/', os.W_OK))"
    )
    pod = Pod(cluster.node, request.node.name.replace("_", "-")[:50])
    try:
        container = pod.run(
            "arbitrary", cluster.image("nonroot"), command=["/usr/bin/python3", "-c", look], user=1000680000, group=0,
            writable=True,
        )  # fmt: skip
        within(WAIT_S, lambda: cluster.node.cri.state(container).state == EXITED)
        assert pod.log("arbitrary") == "1000680000 0 /home/nonroot / False\n"
    finally:
        pod.stop()


def test_the_runtime_s_own_health_service_is_understood(cluster: Cluster) -> None:
    """containerd answers by Go's library of gRPC, which most servers are made with."""
    assert ask("grpc", f"unix:{cluster.node.socket}") == Verdict(0, f"healthy: unix:{cluster.node.socket} is SERVING")


def test_an_image_is_pulled_by_its_digest_too(cluster: Cluster) -> None:
    accept = {"Accept": "application/vnd.oci.image.index.v1+json"}
    asked = urllib.request.Request(f"http://{cluster.registry}/v2/orders/manifests/nonroot", headers=accept)
    with urllib.request.urlopen(asked, timeout=30) as answer:
        digest = answer.headers["Docker-Content-Digest"]

    by_tag = cluster.node.cri.pull(f"{cluster.registry}/orders:nonroot")

    assert cluster.node.cri.pull(f"{cluster.registry}/orders@{digest}") == by_tag
