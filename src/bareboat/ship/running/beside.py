"""What puts a shell beside a container that has none: commands of docker, podman and kubectl, as words.

The shell is that of a debug variant, whose programs lie in `/busybox`; the container that is looked at stays as it is.
Its files are below `/proc/1/root`, which the kernel shows to the same user, and to root with CAP_SYS_PTRACE.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from bareboat.base.errors import UsageError
from bareboat.base.frozen import frozen
from bareboat.oci.reference import Reference
from bareboat.plan.config.config import Variant

SHELL = "/busybox/sh"
ROOT = "/proc/1/root"

_DEBUG = {
    Variant.latest: Variant.debug,
    Variant.nonroot: Variant.debug_nonroot,
    Variant.debug: Variant.debug,
    Variant.debug_nonroot: Variant.debug_nonroot,
}
_NUMBERS_OF_ROOT = ("", "0", "root")


@frozen
class Beside:
    """A command, and what it is for."""

    about: str
    command: tuple[str, ...]

    def to_document(self) -> dict[str, object]:
        """As JSON."""
        return {"about": self.about, "command": list(self.command)}


@frozen
class Subject:
    """What is looked at: the image that it was started from, and the user that it runs as.

    `variant` is what the image says of itself, in an annotation or a label; None when it says nothing.
    """

    image: str
    user: str = ""
    variant: str | None = None


def debug_image(subject: Subject) -> str:
    """The debug variant of an image, in the same repository.

    Raises:
        UsageError: When neither the tag nor the image tells which variant it is.
    """
    reference = Reference.parse(subject.image)
    tag = reference.tag or Variant.latest
    for variant in sorted(Variant, key=len, reverse=True):
        if tag == variant or tag.endswith(f"-{variant}"):
            found = tag.removesuffix(variant) + _DEBUG[variant]
            break
    else:
        if subject.variant not in list(Variant):
            raise UsageError(
                f'cannot tell the debug variant of "{subject.image}" from its tag',
                hint="name it: --image registry.example/team/image:debug",
            )
        found = f"{tag}-{_DEBUG[Variant(subject.variant)]}"
    return replace(reference, tag=found, digest=None).familiar


def beside_container(engine: str, container: str, image: str, user: str) -> Beside:
    """By docker or podman: a container in the namespaces of another.

    Args:
        engine: `docker` or `podman`.
        container: Its name or id.
        image: The debug variant.
        user: Whom the container runs as; empty means root.
    """
    as_user = ("--cap-add", "SYS_PTRACE") if user in _NUMBERS_OF_ROOT else ("--user", user)
    return Beside(
        about=f"a shell beside the container {container}; its files are below {ROOT}",
        command=(
            engine, "run", "--rm", "--interactive", "--tty", "--pid", f"container:{container}",
            "--network", f"container:{container}", *as_user, "--entrypoint", SHELL, image,
        ),
    )  # fmt: skip


def beside_pod(pod: str, namespace: str | None, container: str, image: str, user: str) -> Beside:
    """By kubectl: an ephemeral container that shares the processes of one in the pod.

    The profile `restricted` takes what a restricted namespace demands; `general` gives SYS_PTRACE to root.

    Args:
        pod: Its name.
        namespace: Where; None means the current one.
        container: Whose processes are looked at.
        image: The debug variant.
        user: Whom the container runs as; empty means root.
    """
    profile = "general" if user in _NUMBERS_OF_ROOT else "restricted"
    where = ("--namespace", namespace) if namespace else ()
    return Beside(
        about=f"a shell beside the container {container} of the pod {pod}; its files are below {ROOT}",
        command=(
            "kubectl", "debug", *where, "--stdin", "--tty", f"pod/{pod}", f"--image={image}",
            f"--target={container}", f"--profile={profile}", "--", SHELL,
        ),
    )  # fmt: skip


def shell_in(engine: str, image: str) -> Beside:
    """By docker or podman: the debug variant itself, with its shell."""
    return Beside(
        about="a shell in the image itself",
        command=(engine, "run", "--rm", "--interactive", "--tty", "--entrypoint", SHELL, image),
    )


def subject_of_container(inspected: str) -> Subject:
    """What `docker inspect` or `podman inspect` says of a container.

    Raises:
        UsageError: When it is not what these programs print.
    """
    config = _first(inspected, "Config")
    labels = config.get("Labels")
    title = labels.get("org.opencontainers.image.title", "") if isinstance(labels, dict) else ""
    user = str(config.get("User") or "")
    return Subject(image=str(config.get("Image") or ""), user=user, variant=_variant_in(str(title)))


def subject_of_pod(document: str, container: str | None) -> tuple[str, Subject]:
    """The container of a pod that is meant, its first one by default, and what `kubectl get pod` says of it.

    Args:
        document: What `kubectl get pod NAME --output json` prints.
        container: Its name.

    Raises:
        UsageError: When there is no such container, or it is not what kubectl prints.
    """
    try:
        spec = json.loads(document)["spec"]
        found = {str(one["name"]): one for one in spec["containers"]}
        name = container or next(iter(found))
        chosen = found[name]
        levels = [level.get("securityContext") or {} for level in (chosen, spec)]
    except KeyError as fault:
        if container is not None and fault.args == (container,):
            raise UsageError(f'the pod has no container "{container}"', hint=f"it has: {', '.join(found)}") from fault
        raise UsageError("cannot read what kubectl says of the pod") from fault
    except (ValueError, TypeError, AttributeError, StopIteration) as fault:
        raise UsageError("cannot read what kubectl says of the pod") from fault
    user = next((level["runAsUser"] for level in levels if level.get("runAsUser") is not None), None)
    image = str(chosen["image"])
    if user is None:
        user = "nonroot" if "nonroot" in image.rpartition(":")[2] else ""
    return name, Subject(image=image, user=str(user))


def _first(inspected: str, key: str) -> Mapping[str, object]:
    try:
        found = json.loads(inspected)[0][key]
    except (ValueError, LookupError, TypeError) as fault:
        raise UsageError("cannot read what the engine says of the container") from fault
    return found if isinstance(found, dict) else {}


def _variant_in(title: str) -> str | None:
    """The variant that our images put behind the colon of their title; `latest` goes without saying."""
    _, colon, variant = title.partition(":")
    return variant if colon else None
