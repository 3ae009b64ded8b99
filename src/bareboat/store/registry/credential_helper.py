"""Credential helpers: programs that keep passwords, asked over their standard input and output.

docker-credential-helpers: `docker-credential-NAME get|store|erase`; `get` reads the server's address and answers with
`{"ServerURL": …, "Username": …, "Secret": …}`, or "credentials not found in native keychain" and a failure.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from contextlib import suppress

from bareboat.base.document import Document
from bareboat.base.errors import FormatError, UsageError
from bareboat.store.registry.credentials import Credentials
from bareboat.store.registry.faults import clean

TIMEOUT_S = 30.0
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_NOT_FOUND = "credentials not found"
_NO_SERVER = "no credentials server url"
_MOST_BYTES = 1024 * 1024
_PIPE = subprocess.PIPE

# "If the secret being stored is an identity token, the Username should be set to <token>."
_TOKEN_USER = "<token>"  # noqa: S105


class Helper:
    """One credential helper.

    Args:
        name: What docker's configuration calls it: `pass`, `secretservice`, `osxkeychain`, `ecr-login`.
        named_in: The file that names it, for messages.
        timeout_s: How long it may take.
    """

    def __init__(self, name: str, named_in: str, *, timeout_s: float = TIMEOUT_S) -> None:
        if not _NAME.fullmatch(name):
            raise UsageError(f'{named_in}: cannot use "{name[:80]}" as the name of a credential helper')
        self._program = f"docker-credential-{name}"
        self._named_in = named_in
        self._timeout_s = timeout_s

    def get(self, server: str) -> Credentials | None:
        """The credentials for a server, or None when the helper has none.

        Raises:
            UsageError: When the helper is not there, fails, hangs, or answers what is no answer.
        """
        data = self._run("get", server.encode())
        if data is None:
            return None
        try:
            document = Document.parse(data, self._program)
            username, secret = document.string("Username"), document.string("Secret")
        except FormatError:
            # What it said may be a secret: it is not shown.
            raise self._broken("answers what is no answer of a credential helper") from None
        source = f"the credential helper {self._program}"
        if username == _TOKEN_USER:
            return Credentials(identity_token=secret, source=source)
        return Credentials(username=username, password=secret, source=source) if username or secret else None

    def store(self, server: str, credentials: Credentials) -> None:
        """Keep credentials; raises as `get`."""
        token = credentials.identity_token
        fields = {
            "ServerURL": server,
            "Username": _TOKEN_USER if token else credentials.username,
            "Secret": token or credentials.password,
        }
        self._run("store", json.dumps(fields).encode())

    def erase(self, server: str) -> None:
        """Forget the credentials of a server; raises as `get`, and not when it has none."""
        self._run("erase", server.encode())

    def _run(self, act: str, data: bytes) -> bytes | None:
        program = shutil.which(self._program)
        if program is None:
            raise UsageError(
                f'{self._named_in}: names the credential helper "{self._program}", which is not installed',
                hint="install it, or take credsStore or credHelpers out of that file",
            )
        try:
            # With a group of its own, what the helper started ends with it.
            process = subprocess.Popen(
                [program, act], stdin=_PIPE, stdout=_PIPE, stderr=_PIPE, process_group=0
            )
        except OSError as fault:
            raise self._broken(f"cannot be run: {fault.strerror or fault}") from fault
        with process:
            try:
                output, errors = process.communicate(data, timeout=self._timeout_s)
            except subprocess.TimeoutExpired:
                raise self._broken(f"did not answer within {self._timeout_s:g} seconds") from None
            finally:
                if process.returncode is None:
                    with suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)
        # Helpers say why they fail on their standard output.
        said = (output + errors)[:_MOST_BYTES].decode("utf-8", errors="replace")
        if process.returncode:
            if _NOT_FOUND in said.lower() or _NO_SERVER in said.lower():
                return None
            raise self._broken(f"failed to {act} ({process.returncode})" + (f": {clean(said)}" if said.strip() else ""))
        return output[:_MOST_BYTES]

    def _broken(self, reason: str) -> UsageError:
        return UsageError(
            f'the credential helper "{self._program}" {reason}', hint=f"it is named in {self._named_in}"
        )


