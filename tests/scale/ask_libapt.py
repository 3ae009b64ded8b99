"""Asks apt's own library about many packages at once: run by Debian's Python, which has python3-apt.

    APT_CONFIG=… /usr/bin/python3 ask_libapt.py < questions > answers

A question is a line, and so is its answer.
To a name: `name=version` of everything that apt would unpack, sorted; nothing when apt refuses.
To `name=version` of everything that somebody else would unpack: how many of them apt finds broken, and how many there
are (`0 broken of 7`).
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
            words = line.split()
            answer = judged(cache, state, words) if "=" in line else chosen(cache, state, words[0])
            sys.stdout.write(answer + "\n")
            sys.stdout.flush()
            os._exit(0)
        if os.waitpid(child, 0)[1]:
            sys.exit(f"no answer about {line}")


def judged(cache: "apt_pkg.Cache", state: "apt_pkg.DepCache", words: "list[str]") -> str:
    """What apt thinks of a selection."""
    for name, _, text in (word.partition("=") for word in words):
        package = cache[name]
        state.set_candidate_ver(package, next(one for one in package.version_list if one.ver_str == text))
        state.mark_install(package, False, True)
    return f"{state.broken_count} broken of {state.inst_count}"


def chosen(cache: "apt_pkg.Cache", state: "apt_pkg.DepCache", name: str) -> str:
    """What apt would unpack for one package."""
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
            return ""
    return " ".join(sorted(unpacked(state, package)))


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
