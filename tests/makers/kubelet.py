"""A private containerd with its Kubernetes interface, and pods as a kubelet would have it run them.

No kubelet, no network plug-in: pods are on the network of the machine, and what a kubelet judges by itself
(`runAsNonRoot`) is judged here in its words.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.makers.cri import NODE, TARGET, Cri, CriError, Message
from tests.makers.engine import running

NAMESPACE = "k8s.io"
PAUSE = "docker.io/library/pause:latest"

# What a container is started in is made by runc; what a machine that is itself a container cannot give is left out.
_CONFIG = """\
version = 2
disabled_plugins = ["io.containerd.internal.v1.opt"]
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  disable_apparmor = true
  restrict_oom_score_adj = true
  disable_hugetlb_controller = true
  tolerate_missing_hugetlb_controller = true
  disable_cgroup = {without_cgroups}
  stream_server_port = "0"
[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshotter = "{snapshotter}"
  default_runtime_name = "runc"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = false
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "{folder}/cni"
  conf_dir = "{folder}/cni"
[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "{folder}/registries"
"""


@dataclass(frozen=True)
class Node:
    """A containerd with the Kubernetes interface; `log` is what it wrote."""

    cri: Cri
    socket: Path
    folder: Path

    def load(self, archive: Path) -> None:
        """Import an archive of images to where pods find them."""
        command = ["ctr", "--address", str(self.socket), "--namespace", NAMESPACE, "images", "import", str(archive)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stderr

    def trust(self, registry: str) -> None:
        """Let a registry on loopback be asked without TLS."""
        place = self.folder / "registries" / registry
        place.mkdir(parents=True)
        (place / "hosts.toml").write_text(f'server = "http://{registry}"\n')

    @property
    def log(self) -> str:
        """The end of what containerd wrote."""
        return (self.folder / "log").read_text(errors="replace")[-4000:]


@contextmanager
def a_node() -> Iterator[Node]:
    """A containerd for as long as the block lasts."""
    # A socket's path may have 108 bytes at most, which pytest's own folders can exceed.
    folder = Path(tempfile.mkdtemp(prefix="node-"))
    socket = folder / "containerd.sock"
    (folder / "config.toml").write_text(
        _CONFIG.format(
            pause=PAUSE, folder=folder, snapshotter=_snapshotter(folder), without_cgroups=_toml(not _has_cgroups())
        )
    )
    command: list[str | Path] = [
        *("containerd", "--config", folder / "config.toml", "--address", socket),
        *("--root", folder / "root", "--state", folder / "state"),
    ]
    node = Node(Cri(socket), socket, folder)
    try:
        with running(command, folder / "log", lambda: _answers(node.cri)):
            yield node
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _answers(cri: Cri) -> bool:
    try:
        return bool(cri.version())
    except (OSError, CriError):
        return False


def _has_cgroups() -> bool:
    """Whether groups can be made, which a container without privileges may not do."""
    return os.access("/sys/fs/cgroup", os.W_OK)


def _snapshotter(folder: Path) -> str:
    """`overlayfs` where the kernel lays one folder over another here, else copies."""
    for name in ("lower", "upper", "work", "merged"):
        (folder / "overlay" / name).mkdir(parents=True)
    place = folder / "overlay"
    options = f"lowerdir={place}/lower,upperdir={place}/upper,workdir={place}/work"
    command = ["unshare", "--mount", "mount", "-t", "overlay", "-o", options, "overlay", f"{place}/merged"]
    done = subprocess.run(command, capture_output=True, check=False)
    return "overlayfs" if done.returncode == 0 else "native"


def _toml(truth: bool) -> str:
    return "true" if truth else "false"


@dataclass
class Pod:
    """A sandbox on the machine's network, and what runs in it."""

    node: Node
    name: str
    config: Message = field(init=False)
    id: str = field(init=False)

    def __post_init__(self) -> None:
        metadata: Message = {1: self.name, 2: f"uid-{self.name}", 3: "default"}
        context: Message = {1: {1: NODE}, 9: {1: 0}}
        self.config = {1: metadata, 3: str(self.node.folder / "logs" / self.name), 8: {2: context}}
        self.id = self.node.cri.run_pod(self.config)

    def run(self, name: str, image: str, *, args: Sequence[str] = (), **said: object) -> str:
        """Start a container under the strictest of the pod security standards; its id.

        Args:
            name: What to call it; what it writes goes to a log of this name.
            image: Its image, which has to be there.
            args: Arguments instead of the image's.
            said: `command`, `target` (the container whose processes it shares), `tmp` (a folder to mount on /tmp),
                `user` and `group` instead of the image's, `writable` for a root file system that can be written to.
        """
        container = self.node.cri.create(self.id, self._container(name, image, args, said), self.config)
        self.node.cri.start(container)
        return container

    def _container(self, name: str, image: str, args: Sequence[str], said: dict[str, object]) -> Message:
        target, tmp, command = said.get("target"), said.get("tmp"), said.get("command")
        namespaces: dict[int, object] = {1: NODE, 2: 1}
        if target is not None:
            namespaces |= {2: TARGET, 4: target}
        context = {
            1: {2: ["ALL"]},  # capabilities: drop
            3: namespaces,
            7: not said.get("writable"),  # readOnlyRootFilesystem
            11: True,  # allowPrivilegeEscalation: false
            15: {1: 0},  # seccompProfile: RuntimeDefault
        }
        uid, who = self.node.cri.user_of(image)
        check_not_root(uid, who)
        context[5] = {1: said.get("user", uid)}
        if "group" in said:
            context[12] = {1: said["group"]}
        container = {1: {1: name}, 2: {1: image}, 11: f"{name}.log", 15: {2: context}}
        if command is not None:
            container[3] = command
        if args:
            container[4] = list(args)
        if tmp is not None:
            container[7] = [{1: "/tmp", 2: str(tmp)}]
        return container  # type: ignore[return-value]

    def log(self, name: str) -> str:
        """What a container wrote, as `kubectl logs` has it."""
        path = self.node.folder / "logs" / self.name / f"{name}.log"
        lines = path.read_text().splitlines() if path.exists() else []
        return "".join(line.split(" ", 3)[3] + "\n" for line in lines)

    def stop(self) -> None:
        """Stop all that runs in it, and forget it."""
        self.node.cri.stop_pod(self.id)


def check_not_root(uid: int | None, name: str) -> None:
    """What a kubelet says to `runAsNonRoot: true` without `runAsUser` (pkg/kubelet/kuberuntime)."""
    assert not (uid is None and name), f"container has runAsNonRoot and image has non-numeric user ({name})"
    assert uid not in (None, 0), "container has runAsNonRoot and image will run as root"
