"""Asks apt's own library about many packages at once: run by Debian's Python, which has python3-apt.

    APT_CONFIG=… /usr/bin/python3 ask_libapt.py < names > answers

Each answer is a line: the name, and `name=version` of everything that apt would unpack, sorted; the name alone when apt
refuses.
It takes the steps of `apt-get install` (DoInstall in apt-private/private-install.cc) and spares what takes apt-get its
second or two: the state of 70,000 packages is made once, and each question is put to a copy of it, by fork(2).
"""

import os
import sys

import apt_pkg


def main() -> None:
    """Answer every line."""
    apt_pkg.init()
    cache = apt_pkg.Cache(None)
    state = apt_pkg.DepCache(cache)
    for line in sys.stdin:
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            sys.stdout.write(answer(cache, state, line.strip()))
            sys.stdout.flush()
            os._exit(0)
        if os.waitpid(child, 0)[1]:
            sys.exit(f"no answer about {line}")


def answer(cache: "apt_pkg.Cache", state: "apt_pkg.DepCache", name: str) -> str:
    """The line for one package."""
    package = cache[name]
    resolver = apt_pkg.ProblemResolver(state)
    resolver.clear(package)
    resolver.protect(package)
    for automatic in (False, True):
        state.mark_install(package, automatic, True)
    if state.broken_count:
        try:
            resolver.resolve(True)
        except apt_pkg.Error:
            return f"{name}\n"
    return " ".join([name, *sorted(unpacked(state, package))]) + "\n"


def unpacked(state: "apt_pkg.DepCache", package: "apt_pkg.Package") -> "list[str]":
    """Everything that is marked; apt's own count says whether it was found by going along the dependencies."""
    found = {package.id: package}
    waiting = [package]
    while waiting:
        version = state.get_candidate_ver(waiting.pop())
        for kind in ("PreDepends", "Depends"):
            for group in version.depends_list.get(kind, ()):
                for target in (target for alternative in group for target in alternative.all_targets()):
                    other = target.parent_pkg
                    if other.id not in found and state.marked_install(other):
                        found[other.id] = other
                        waiting.append(other)
    assert len(found) == state.inst_count, (package.name, len(found), state.inst_count)
    return [f"{one.name}={state.get_candidate_ver(one).ver_str}" for one in found.values()]


if __name__ == "__main__":
    main()
