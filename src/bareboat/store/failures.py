"""Why an artifact could not be had, mirror by mirror, and the one error that says it all."""

from __future__ import annotations

from bareboat.base.errors import BareboatError, DigestMismatchError, FetchError, LimitError, NotFoundError
from bareboat.base.problem import Place, Problem
from bareboat.base.redact import redact, redact_url
from bareboat.store.transport import TransientError


class Failures:
    """Gathers the failure of each address; secrets in addresses are left out.

    Args:
        name: What people call the artifact.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._problems: list[Problem] = []
        self._errors: list[BareboatError] = []

    def add(self, url: str, failure: BareboatError) -> None:
        """Remember that `url` failed."""
        self._problems.append(Problem(Place(redact_url(url)), redact(failure.message)))
        self._errors.append(failure)

    @property
    def lies(self) -> tuple[Problem, ...]:
        """Those who gave something else in its place."""
        pairs = zip(self._problems, self._errors, strict=True)
        return tuple(problem for problem, error in pairs if isinstance(error, DigestMismatchError))

    def error(self) -> BareboatError:
        """The error for all of them.

        A DigestMismatchError when anyone gave something else; a NotFoundError when nobody has it; a LimitError when
        it is too large everywhere; else a FetchError.
        """
        message = "\n".join([f'cannot fetch "{self._name}"', *(f"  {problem}" for problem in self._problems)])
        if not self._errors:
            return NotFoundError(f"{message}: no address is known for it", hint="name a mirror with BAREBOAT_MIRROR")
        return self._kind()(message, hint=self._hint(), problems=tuple(self._problems))

    def _kind(self) -> type[BareboatError]:
        if self.lies:
            return DigestMismatchError
        for kind in (NotFoundError, LimitError):
            if all(isinstance(error, kind) for error in self._errors):
                return kind
        return FetchError

    def _hint(self) -> str | None:
        for error in self._errors:
            if error.hint is not None:
                return error.hint
        if all(isinstance(error, TransientError) for error in self._errors):
            return "try again later, or set HTTPS_PROXY and HTTP_PROXY if this machine needs a proxy"
        return None
