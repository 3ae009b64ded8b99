"""Variables in texts of structure tests, put in as Go's `os.Expand` does it, since files were written for that.

`$NAME` and `${NAME}` are variables, so are `$1`, `$?` and the like, which nothing sets; `$` before anything else stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from bareboat.inspect.structure.claims import Variable

_REFERENCE = re.compile(
    r"\$(?:\{([*#$@!?0-9-])\}"  # a special variable in braces
    r"|\{([^}]*)\}"  # anything in braces
    r"|(\{)"  # "Bad syntax; eat" the brace that is never closed, and the dollar
    r"|([*#$@!?0-9-])"
    r"|([A-Za-z0-9_]+))"
)


def expanded(text: str, variables: Mapping[str, str]) -> str:
    """`text` with the values of its variables, empty for those that are not set."""
    return _REFERENCE.sub(lambda match: variables.get(next(filter(None, match.groups()), ""), ""), text)


def with_variables(environment: Mapping[str, str], variables: Iterable[Variable]) -> dict[str, str]:
    """`environment` with `variables` set in it, each of which may name those of `environment`."""
    return {**environment, **{one.key: expanded(one.value, environment) for one in variables}}
