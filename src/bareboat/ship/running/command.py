"""What an order comes to, with what the image's configuration says of it: the words, the environment, the folder.

By the rules of `docker run`; OCI image specification 1.1, "Image Configuration", `config`.
"""

from __future__ import annotations

from bareboat.base.errors import UsageError
from bareboat.oci.config import Execution
from bareboat.ship.running.runner import Order

USUAL_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""What engines give to a program whose image names no PATH."""


def words_of(order: Order, execution: Execution) -> tuple[str, ...]:
    """The program and its arguments.

    "The default arguments to the entrypoint of the container.
    These values act as defaults and may be replaced by any specified when creating a container." (config.md, `Cmd`)

    Raises:
        UsageError: When neither the order nor the image names a program.
    """
    entrypoint = execution.entrypoint if order.entrypoint is None else order.entrypoint
    usual = execution.cmd if order.entrypoint is None else ()
    words = (*entrypoint, *(usual if order.argv is None else order.argv))
    if not words or not words[0]:
        raise UsageError(
            f"{order.name}: cannot run: the image has no program of its own, and none was named",
            hint="name one after --, with its whole path: -- /usr/bin/program",
        )
    if any("\0" in word for word in words):
        raise UsageError(f"{order.name}: cannot run: an argument has a NUL in it")
    return words


def environment_of(order: Order, execution: Execution) -> dict[str, str]:
    """What stands in the program's environment; HOME is not there unless somebody said it.

    Raises:
        UsageError: For a name that cannot be one.
    """
    environment = {"PATH": USUAL_PATH, **execution.environment, **order.env}
    for name, value in environment.items():
        if not name or "=" in name or "\0" in name + value:
            raise UsageError(f"{order.name}: cannot set {name!r} in the environment", hint="write it as NAME=value")
    return environment


def workdir_of(order: Order, execution: Execution) -> str:
    """The folder that the program starts in.

    Raises:
        UsageError: When the order's is not an absolute path.
    """
    if order.workdir is not None and not order.workdir.startswith("/"):
        raise UsageError(f'{order.name}: cannot start in "{order.workdir}"', hint="name a folder by its whole path")
    said = order.workdir or execution.working_dir or "/"
    return said if said.startswith("/") else f"/{said}"
