"""`python -m bench`: run the cases, print the table, write a JSON file."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

from bench.cases import CASES, clear, memory
from bench.result import Found, lines
from bench.yard import Yard


def main() -> int:
    """Run what the command line asks for; the exit status says whether every target was reached."""
    options = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    options.add_argument("--runs", type=int, default=5, help="how often each command is run (default: 5)")
    options.add_argument("--only", nargs="*", choices=sorted(CASES), help="some of the cases")
    options.add_argument("--arch", default="amd64", help="what whole catalogues are built for: a,b or all")
    options.add_argument("--platforms", default="all", help="what python3 is built for, pushed and pulled: a,b or all")
    options.add_argument("--folder", type=Path, default=Path("bench/work"), help="where to work")
    options.add_argument("--json", type=Path, help="the file for programs (default: in bench/results)")
    asked = options.parse_args()
    yard = Yard.at(asked.folder.resolve(), _names(asked.arch), _names(asked.platforms))
    yard.prepare()
    found: list[Found] = []
    for name, case in CASES.items():
        if not asked.only or name in asked.only:
            print(f"{name} …", file=sys.stderr, flush=True)
            found.append(case(yard, asked.runs))
            for line in lines(found[-1:]):
                print(line, flush=True)
            clear(yard.folder)
    found.append(memory(found))
    for line in lines(found):
        print(line)
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    place = asked.json or Path("bench/results") / f"{stamp}.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    document = {"when": stamp, "machine": machine(), "runs": asked.runs, "found": [one.to_document() for one in found]}
    place.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"written to {place}")
    return 0 if all(one.is_met is not False for case in found for one in case.outcomes) else 1


def _names(word: str) -> tuple[str, ...] | None:
    return None if word == "all" else tuple(word.split(","))


def machine() -> dict[str, object]:
    """What figures depend on."""
    return {
        "processors": len(os.sched_getaffinity(0)),
        "model": next(
            (line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
             if line.startswith("model name")), platform.machine(),
        ),
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
        "dpkg": _version("dpkg-deb", "--version"),
        "gzip": _version("gzip", "--version"),
        "mmdebstrap": _version("mmdebstrap", "--version"),
    }  # fmt: skip


def _version(*command: str) -> str | None:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]
    except (OSError, subprocess.SubprocessError, IndexError):
        return None


if __name__ == "__main__":
    sys.exit(main())
