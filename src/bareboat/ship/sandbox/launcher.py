"""The program that makes a sandbox of namespaces and runs one program in it; it knows nothing of Bareboat.

    python -I launcher.py PLAN STATUS

PLAN is an open file with the sandbox, see `unshare.document_of`, as `marshal` writes it for the same Python; STATUS
one that takes a line: `exit CODE` when the program ran, `failed STEP: REASON` when it was never started.

Three processes: this one, which makes the namespaces, passes signals on and reports; the first process of the
sandbox, which mounts what is needed, drops what is not, and reaps; and the program itself.
When one goes, those below it go too.

namespaces(7), user_namespaces(7), pid_namespaces(7), mount_namespaces(7), capabilities(7), pivot_root(2).
"""

# Every module that is imported here delays every program that is run: pathlib, json, signal and socket would take
# longer than all that is done. `_signal` and `_socket` are what the latter two are made of.
# ruff: noqa: PTH112, PTH123, S606, SIM105
from __future__ import annotations

import _socket as socket
import ctypes
import errno
import fcntl
import marshal
import os
import struct
import sys
import termios

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Callable
    from typing import Any

    Plan = dict[str, Any]
else:
    import _signal as signal

NEWNS, NEWCGROUP, NEWUTS, NEWIPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
NEWUSER, NEWPID, NEWNET = 0x10000000, 0x20000000, 0x40000000
READ_ONLY, NO_SETUID, NO_DEVICES, NO_EXEC, REMOUNT, BIND, RECURSIVE, PRIVATE = (
    0x1, 0x2, 0x4, 0x8, 0x20, 0x1000, 0x4000, 0x40000,
)  # fmt: skip
DETACH, FIFO, MOST_CAPABILITIES = 0x2, 0o1, 64
LOCKED = {0x2: 0x2, 0x4: 0x4, 0x8: 0x8, 0x400: 0x400, 0x800: 0x800, 0x1000: 0x200000}
"""statvfs(3)'s flags and mount(2)'s: what a remount must repeat, since a user namespace may not take it away."""
SET_PDEATHSIG, CAPBSET_DROP, SET_NO_NEW_PRIVS = 1, 24, 38

# What root keeps, by number, as in Docker: CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID, SETPCAP,
# NET_BIND_SERVICE, NET_RAW, SYS_CHROOT, MKNOD, AUDIT_WRITE, SETFCAP.
CAPABILITIES = frozenset({0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31})

DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
# As runc keeps them, "masked" and "readonly" in Docker's default configuration.
COVERED = ("bus", "fs", "irq", "sys", "sysrq-trigger")
MASKED = ("acpi", "asound", "interrupts", "kcore", "keys", "latency_stats", "scsi", "timer_list")
PASSED_ON = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2)
BRING_UP, GET_FLAGS, IS_UP = 0x8914, 0x8913, 0x1
BY_SIGNAL = 128

libc = ctypes.CDLL(None, use_errno=True)
opened: list[int] = []  # by `at`, to be closed before the program is


class NotMadeError(Exception):
    """A step towards the sandbox that the kernel refused."""

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(step)
        self.step, self.reason = step, reason


def ask(step: str, function: Callable[..., int], *arguments: object) -> None:
    """Call into the C library; a refusal is a `NotMadeError`."""
    if function(*arguments) != 0:
        raise NotMadeError(step, os.strerror(ctypes.get_errno()))


def mount(source: str | None, target: str, kind: str | None = None, flags: int = 0, data: str | None = None) -> None:
    """mount(2)."""
    words = [None if word is None else os.fsencode(word) for word in (source, target, kind)]
    rest = None if data is None else data.encode()
    ask(f"mount {kind or source or 'again'}", libc.mount, *words, ctypes.c_ulong(flags), rest)


def prctl(option: int, value: int) -> int:
    """prctl(2)."""
    return int(libc.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0)))


def write(path: str, text: str) -> None:
    """Put `text` into a file of the kernel's."""
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def become_user_namespace(plan: Plan) -> None:
    """A user namespace with every id of ours under its own number, or with ourselves as the one user there is."""
    maps = {}
    for kind in ("uid", "gid"):
        if plan["owned"]:
            with open(f"/proc/self/{kind}_map", encoding="ascii") as file:
                extents = [line.split() for line in file]
            maps[kind] = "".join(f"{inside} {inside} {count}\n" for inside, _, count in extents)
        else:
            maps[kind] = f"{plan[kind]} {os.geteuid() if kind == 'uid' else os.getegid()} 1\n"
    if not plan["owned"]:
        ask("make a user namespace", libc.unshare, NEWUSER)
        write("/proc/self/setgroups", "deny")
        write("/proc/self/gid_map", maps["gid"])
        write("/proc/self/uid_map", maps["uid"])
        return
    # Only a process outside may map more than one id.
    pid, (ready, go) = os.getpid(), os.pipe()
    helper = os.fork()
    if helper == 0:
        os.close(go)
        try:
            if os.read(ready, 1):
                write(f"/proc/{pid}/gid_map", maps["gid"])
                write(f"/proc/{pid}/uid_map", maps["uid"])
                os._exit(0)
        finally:
            os._exit(1)
    try:
        ask("make a user namespace", libc.unshare, NEWUSER)
        os.write(go, b".")
    finally:
        os.close(go)
        os.close(ready)
        _, status = os.waitpid(helper, 0)
    if status != 0:
        raise NotMadeError("map users", "the kernel refuses")


def at(root: int, path: str) -> str:
    """A name for `path` below the open folder `root`, every part opened without following links."""
    descriptor = os.dup(root)
    for part in filter(None, path.split("/")):
        inner = os.open(part, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inner
    opened.append(descriptor)
    return f"/proc/self/fd/{descriptor}"


def make_point(root: int, path: str, *, folder: bool) -> None:
    """Have something to mount on at `path`, which may be in a folder that was mounted just now."""
    above, _, name = path.rstrip("/").rpartition("/")
    if above:
        make_point(root, above, folder=True)
    parent = os.open(at(root, above), os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if folder:
            os.mkdir(name, 0o755, dir_fd=parent)
        else:
            os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644, dir_fd=parent))
    except FileExistsError:
        pass
    finally:
        os.close(parent)


def again(target: str, flags: int) -> None:
    """Mount again what is mounted at `target`, with `flags` and those that it must keep."""
    kept = sum(flag for said, flag in LOCKED.items() if os.statvfs(target).f_flag & said)
    mount(None, target, None, REMOUNT | BIND | kept | flags)


def make_root(plan: Plan) -> bool:
    """Mount everything that the program will see below the image's folder, and have that as the root.

    Returns:
        Whether the kernel starts the emulator by itself.
    """
    mount(None, "/", None, RECURSIVE | PRIVATE)
    if plan["layer"]:
        # Linux 5.11, overlayfs.rst: "userxattr: Use the "user.overlay." xattr namespace", for user namespaces
        layer = f"lowerdir={plan['root']},upperdir={plan['layer']}/upper,workdir={plan['layer']}/work,userxattr"
        mount("overlay", plan["root"], "overlay", NO_SETUID | NO_DEVICES, layer)
    else:
        mount(plan["root"], plan["root"], None, BIND | RECURSIVE)
    root = os.open(plan["root"], os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    mount("proc", at(root, plan["proc"]), "proc", NO_SETUID | NO_DEVICES | NO_EXEC)
    make_devices(root, plan)
    for path in plan["tmpfs"]:
        make_point(root, path, folder=True)
        mount("tmpfs", at(root, path), "tmpfs", NO_SETUID | NO_DEVICES, "mode=1777")
    for source, target, read_only in plan["binds"]:
        make_point(root, target, folder=os.path.isdir(source))
        mount(source, at(root, target), None, BIND | RECURSIVE)
        again(at(root, target), NO_SETUID | NO_DEVICES | (READ_ONLY if read_only else 0))
    if not plan["network"]:
        loopback_up()
        # Docker's default: port 80 is for everybody in a network namespace of one's own.
        unless_refused(lambda: write("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0"))
    emulated = register(root, plan)
    cover(root, plan["proc"])
    again(at(root, ""), NO_SETUID | NO_DEVICES | (0 if plan["writable"] else READ_ONLY))
    os.fchdir(root)
    ask("enter the image", libc.pivot_root, b".", b".")
    ask("leave this machine's files", libc.umount2, b".", DETACH)
    os.chdir("/")
    for descriptor in [root, *opened]:
        os.close(descriptor)
    return emulated


def make_devices(root: int, plan: Plan) -> None:
    """A /dev with the devices that every program may count on."""
    mount("tmpfs", at(root, plan["dev"]), "tmpfs", NO_SETUID, "mode=755")
    folder = os.open(at(root, plan["dev"]), os.O_PATH | os.O_DIRECTORY)
    opened.append(folder)
    for name in DEVICES:
        os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666, dir_fd=folder))
        mount(f"/dev/{name}", at(folder, name), None, BIND)
    for name in ("shm", "pts"):
        os.mkdir(name, 0o755, dir_fd=folder)
    mount("tmpfs", at(folder, "shm"), "tmpfs", NO_SETUID | NO_DEVICES | NO_EXEC, "mode=1777")
    mount("devpts", at(folder, "pts"), "devpts", NO_SETUID | NO_EXEC, "newinstance,ptmxmode=0666,mode=620")
    links = {"fd": "/proc/self/fd", "ptmx": "pts/ptmx"}
    links |= {name: f"/proc/self/fd/{number}" for number, name in enumerate(("stdin", "stdout", "stderr"))}
    for name, target in links.items():
        os.symlink(target, name, dir_fd=folder)
    if plan["emulator"]:
        os.close(os.open(".emulator", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o755, dir_fd=folder))
        mount(plan["emulator"]["program"], at(folder, ".emulator"), None, BIND)


def register(root: int, plan: Plan) -> bool:
    """Whether the kernel starts the emulator by itself, for every program of the sandbox: Linux 6.7 and newer.

    Documentation/admin-guide/binfmt-misc.rst: "F" opens the emulator now, "P" keeps the program's own name.
    """
    if not plan["emulator"]:
        return False
    magic, mask = (
        "".join(f"\\x{byte:02x}" for byte in bytes.fromhex(plan["emulator"][part])) for part in ("magic", "mask")
    )
    line = f":bareboat:M::{magic}:{mask}:{at(root, plan['dev'] + '/.emulator')}:PF"
    folder = plan["proc"] + "/sys/fs/binfmt_misc"

    def try_it() -> None:
        mount("binfmt_misc", at(root, folder), "binfmt_misc", NO_SETUID | NO_DEVICES | NO_EXEC)
        write(f"{at(root, folder)}/register", line)

    return unless_refused(try_it)


def unless_refused(action: Callable[[], object]) -> bool:
    """Whether the kernel, which may be too old or too strict, did it."""
    try:
        action()
    except (NotMadeError, OSError):
        return False
    return True


def cover(root: int, proc: str) -> None:
    """Keep the kernel's own files from the program: some cannot be changed, some not even be read."""
    for name in (*COVERED, *MASKED):
        try:
            target = at(root, f"{proc}/{name}")
        except OSError:  # this kernel has it not
            continue
        if name in COVERED:
            mount(target, target, None, BIND | RECURSIVE)
            again(at(root, f"{proc}/{name}"), READ_ONLY)
        elif os.path.isdir(target):
            mount("tmpfs", target, "tmpfs", READ_ONLY | NO_SETUID | NO_DEVICES | NO_EXEC)
        else:
            mount("/dev/null", target, None, BIND)


def loopback_up() -> None:
    """The interface `lo`, which is there but down in a new network namespace; netdevice(7)."""
    asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    request = struct.pack("16sH14x", b"lo", 0)
    flags = struct.unpack("16sH14x", fcntl.ioctl(asking.fileno(), GET_FLAGS, request))[1]
    fcntl.ioctl(asking.fileno(), BRING_UP, struct.pack("16sH14x", b"lo", flags | IS_UP))
    asking.close()


def become_program(plan: Plan, *, emulated: bool) -> None:
    """Drop what the program must not have, and be it."""
    for number in range(MOST_CAPABILITIES):
        if number not in CAPABILITIES:
            prctl(CAPBSET_DROP, number)
    if plan["owned"]:
        os.setgroups(plan["groups"])
        for number in range(3):  # so that it can open /dev/stdout; files and terminals are other people's
            if os.fstat(number).st_mode >> 12 == FIFO:
                os.fchown(number, plan["uid"], plan["gid"])
    os.setresgid(plan["gid"], plan["gid"], plan["gid"])
    os.setresuid(plan["uid"], plan["uid"], plan["uid"])
    if plan["terminal"]:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    if prctl(SET_NO_NEW_PRIVS, 1) != 0:
        raise NotMadeError("give up new privileges", os.strerror(ctypes.get_errno()))
    os.chdir(plan["workdir"])
    os.umask(0o022)
    for number in (signal.SIGPIPE, signal.SIGXFSZ, *PASSED_ON):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    words = plan["words"]
    try:
        if plan["emulator"] and not emulated:
            # qemu-user: "-0 argv0: forces the target process argv[0] to be argv0"
            os.execve("/dev/.emulator", ["qemu", "-0", words[0], *plan["direct"]], plan["env"])
        os.execve(plan["program"], words, plan["env"])
    except OSError as fault:
        raise NotMadeError(f'start "{plan["program"]}"', os.strerror(fault.errno or errno.EINVAL)) from fault


def live_with_parent() -> None:
    """End when the process that made this one ends."""
    prctl(SET_PDEATHSIG, signal.SIGKILL)


def pass_on(child: int) -> None:
    """Give the signals that come here to `child`, those too that were held back until now."""

    def hand_over(number: int, _frame: object) -> None:
        try:
            os.kill(child, number)
        except ProcessLookupError:
            pass

    for number in PASSED_ON:
        signal.signal(number, hand_over)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)


def code_of(status: int) -> int:
    """The exit code of a child, as shells say it."""
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else BY_SIGNAL - code


def first_process(plan: Plan, report: int) -> None:
    """The life of the sandbox's first process: make the room, start the program, reap until it has ended."""
    live_with_parent()
    ask("name the machine", libc.sethostname, plan["host"].encode(), len(plan["host"]))
    emulated = make_root(plan)
    program = os.fork()
    if program == 0:
        or_report(report, lambda: become_program(plan, emulated=emulated))
    pass_on(program)
    while True:
        pid, status = os.wait()
        if pid == program:
            os._exit(code_of(status))


def say(report: int, what: str) -> None:
    """A line of the report."""
    os.write(report, " ".join(what.split()).encode("utf-8", "backslashreplace") + b"\n")


def or_report(report: int, action: Callable[[], object]) -> None:
    """Do what may be refused by the kernel, and then end with the reason."""
    try:
        action()
    except NotMadeError as fault:
        say(report, f"failed {fault.step}: {fault.reason}")
    except OSError as fault:
        step = f"use {fault.filename}" if fault.filename else "ask the kernel"
        say(report, f"failed {step}: {os.strerror(fault.errno or errno.EINVAL)}")
    else:
        return
    os._exit(1)


def main() -> None:
    """Make the namespaces, wait for the sandbox, report."""
    for number in PASSED_ON:
        signal.signal(number, signal.SIG_DFL)
    with os.fdopen(int(sys.argv[1]), "rb") as file:
        plan = marshal.load(file)  # noqa: S302  of our own parent
    report = int(sys.argv[2])
    os.set_inheritable(report, False)
    flags = NEWNS | NEWPID | NEWIPC | NEWUTS | NEWCGROUP | (0 if plan["network"] else NEWNET)
    or_report(report, lambda: become_user_namespace(plan))
    or_report(report, lambda: ask("make namespaces", libc.unshare, flags))
    live_with_parent()
    signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_ON)
    child = os.fork()
    if child == 0:
        or_report(report, lambda: first_process(plan, report))
    pass_on(child)
    _, status = os.waitpid(child, 0)
    say(report, f"exit {code_of(status)}")
    os._exit(code_of(status))


if __name__ == "__main__":
    main()
