"""The door: one file for each verb, and the only place that catches broadly, prints errors and exits.

Verbs are imported when they are called, so that `bareboat --help` is instant.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

import click

from bareboat.base.errors import BareboatError, StoreError

if TYPE_CHECKING:
    from types import FrameType

VERBS = {
    "build": "Build images into an OCI layout or archive.",
    "catalog": "List what there is: images, distros, architectures, variants, versions.",
    "check": "Prove that nothing is missing, and that images hold what users count on.",
    "copy": "Copy images between registries, layouts and archives, byte for byte.",
    "debug": "Show, or run, what puts a shell beside a container that has none.",
    "delete": "Delete a tag, or an image by its digest, out of a registry.",
    "digest": "Print the digest of an image in a registry or a layout.",
    "export": "Write the root filesystem of an image as a folder or a tar stream.",
    "load": "Load an image into docker, podman or containerd, without a registry.",
    "lock": "Decide: choose every package and write bareboat.lock.",
    "login": "Log in to a registry; the credentials are kept where docker keeps them.",
    "logout": "Forget the credentials for a registry.",
    "pull": "Pull an image out of a registry into a layout.",
    "push": "Push images to a registry: what is missing there, and tags last.",
    "reproduce": "Build again from the lock, and compare byte for byte.",
    "run": "Run an image by an engine, or in a sandbox without one.",
    "schema": "Print the JSON Schema of bareboat.yaml.",
    "serve": "Serve the images of a layout as a read-only registry.",
    "show": "Show the packages, layers, sizes and configuration of built images.",
    "store": "Look after the store: what it holds, whether it is sound, what may go.",
    "tag": "Give an image in a registry further tags.",
    "tags": "List the tags of a repository.",
    "test": "Run structure tests against images, in the format of container-structure-test.",
    "why": "Explain why a package or a file is in an image.",
}
"""Every verb, with the line that the list of verbs shows."""

EPILOG = "Example: bareboat build python3:nonroot --arch amd64 --out ./out"

INTERRUPTED = 130
TERMINATED = 143
BROKEN_PIPE = 141
KEEPING = ("build", "lock", "reproduce")
"""The verbs that fetch into the store: what they have fetched is there for the next time."""
UNEXPECTED = 70


class _TerminatedError(KeyboardInterrupt):
    """SIGTERM: ends a run as ^C does, so that everything is put away on the way out."""


class Verbs(click.Group):
    """The group of verbs; knows their names and one line of each without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """The verbs, sorted."""
        return sorted(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  click's signature
        """The verb called `cmd_name`, imported now."""
        if cmd_name not in VERBS:
            return None
        command = import_module(f"bareboat.cli.{cmd_name}").command
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list of verbs in the help text."""
        with formatter.section("Verbs"):
            formatter.write_dl([(name, VERBS[name]) for name in sorted(VERBS)])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Click's own, with the nearest verb for one that there is not."""
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            from bareboat.base.errors import UsageError
            from bareboat.base.problem import suggestion

            hint = suggestion(args[0], VERBS) or "`bareboat --help` lists the verbs"
            raise UsageError(f'there is no verb "{args[0]}"', hint=hint)
        return super().resolve_command(ctx, args)


@click.group(cls=Verbs, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="bareboat", message="bareboat %(version)s")
def bareboat() -> None:
    """Distroless container images from Debian's signed packages, the same bytes everywhere."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code, prints every error as people need it."""
    try:
        code = bareboat.main(args=arguments, prog_name="bareboat", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except SystemExit:  # click's answer to a reader that is gone
        return BROKEN_PIPE
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except BareboatError as error:
        return _failed(error)
    except (KeyboardInterrupt, click.Abort) as ending:
        is_ours = isinstance(ending, _TerminatedError) or isinstance(ending.__cause__, _TerminatedError)
        word = "terminated" if is_ours else "interrupted"
        verb = next(iter(sys.argv[1:] if arguments is None else arguments), "")
        kept = "; what was fetched is kept" if verb in KEEPING else ""
        print(f"bareboat: {word}{kept}", file=sys.stderr)  # noqa: T201
        return TERMINATED if is_ours else INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except OSError as error:  # the standard output is full, or gone; or a file or folder that was named refuses
        what = "write what was to be said" if error.filename is None else f'use "{error.filename}"'
        print(f"bareboat: cannot {what}: {error.strerror or error}", file=sys.stderr)  # noqa: T201
        return StoreError.exit_code
    except Exception as error:  # the last net: a defect of ours is reported, not thrown at people
        if os.environ.get("BAREBOAT_TRACEBACK"):
            raise
        from bareboat.base.redact import redact

        what = redact(f"{type(error).__name__}: {error}")
        print(f"bareboat: internal error: {what}", file=sys.stderr)  # noqa: T201
        print("hint: run again with BAREBOAT_TRACEBACK=1 and report what it prints", file=sys.stderr)  # noqa: T201
        return UNEXPECTED
    return code if isinstance(code, int) else 0  # click gives the code of a verb that exits


def _failed(error: BareboatError) -> int:
    from bareboat.base.redact import redact

    print(f"bareboat: {redact(error.message)}", file=sys.stderr)  # noqa: T201
    if error.hint:
        print(f"hint: {redact(error.hint)}", file=sys.stderr)  # noqa: T201
    return error.exit_code


def _terminate(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  the signature of a handler
    signal.signal(number, signal.SIG_IGN)  # whoever asks twice must not disturb the putting away
    raise _TerminatedError


def run() -> None:
    """The program's entry point."""
    signal.signal(signal.SIGTERM, _terminate)
    code = main()
    gc.freeze()  # the interpreter, which is about to end, looks for circles twice: a tenth of a short command's time
    sys.exit(code)
