"""A real systemd in a box: systemd-nspawn boots a root file system of which nothing is ever changed (an
overlay in memory takes all writes), with a network of its own that is loopback only.

What a box cannot show: limits of memory, CPU and tasks (no cgroup controllers), IPAddressDeny=,
device nodes, AppArmor, network-online.target.

    box.py roots      makes the root file systems that are missing, in CRAWLD_BOXES (/var/cache/crawld-boxes)
"""

import os
import pathlib
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOTS = pathlib.Path(os.environ.get("CRAWLD_BOXES", "/var/cache/crawld-boxes"))
MIRROR = "http://deb.debian.org/debian"
PACKAGES = "systemd,systemd-sysv,dbus,libpam-systemd,iproute2,procps,ca-certificates,man-db"
# 252: a reload is over when ExecReload= is. 254: there is Type=notify-reload, too (from 253 on).
VERSIONS = ("252", "254")
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "TERM": "dumb"}


def make_roots():
    """Each is complete once it has its name: a half made one is begun anew."""
    ROOTS.mkdir(parents=True, exist_ok=True)
    first, second = (ROOTS / version for version in VERSIONS)
    if not first.exists():
        new = fresh(first)
        say(f"making {first} (debootstrap)")
        quiet("debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", new, MIRROR)
        (new / "etc/hosts").write_text("127.0.0.1 localhost\n")
        new.rename(first)
    if not second.exists():
        new = fresh(second)
        say(f"making {second} (backports)")
        quiet("cp", "-a", "--", f"{first}/.", new)
        (new / "etc/apt/sources.list.d/backports.list").write_text(f"deb {MIRROR} bookworm-backports main\n")
        apt = ["chroot", new, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
        quiet(*apt, "update")
        quiet(*apt, "install", "-y", "-t", "bookworm-backports", "systemd", "systemd-sysv", "libpam-systemd")
        new.rename(second)


def fresh(root):
    new = root.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    return new


def say(text):
    print(f"box: {text}", file=sys.stderr, flush=True)


def quiet(*command):
    command = [str(word) for word in command]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(f"box: {' '.join(command)}: {done.stdout[-2000:]}")


class Box:
    """One booted system; everything in it ends with it."""

    def __init__(self, version):
        self.version = version
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"crawld-box{version}."))
        self.group = self._control_group()
        self.helpers = []
        self.nspawn = self._boot()
        self.leader = None
        try:
            self.leader = self._await(self._first_process, 10, "no first process")
            self._await(self._is_up, 30, "systemd does not come up")
        except BaseException:
            self.down()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.down()

    @property
    def root(self):
        """The root folder as the box has it, to read and write from outside."""
        return pathlib.Path(f"/proc/{self.leader}/root")

    def run(self, *command, limit=30, user=None):
        """Runs a command inside; what it gives has returncode and stdout with all that it said."""
        if user:
            command = ("runuser", "-u", user, "--", *command)
        enter = ["nsenter", "-t", str(self.leader), "-m", "-u", "-i", "-n", "-p", "-C"]
        try:
            return subprocess.run([*enter, *map(str, command)], env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=limit)
        except subprocess.TimeoutExpired as late:
            said = (late.stdout or b"").decode(errors="replace")
            return subprocess.CompletedProcess(command, 124, f"{said}(still running after {limit} s)")

    def beside(self, *command, **options):
        """Starts a program of the host on the network of the box; it ends with the box."""
        helper = subprocess.Popen(["nsenter", "-t", str(self.leader), "-n", *map(str, command)],
                                  stdin=subprocess.DEVNULL, start_new_session=True, **options)
        self.helpers.append(helper)
        return helper

    def down(self):
        for helper in self.helpers:
            if helper.poll() is None:
                helper.terminate()
                helper.wait(10)
        if self.leader is not None and self.nspawn.poll() is None:
            try:
                os.kill(self.leader, signal.SIGRTMIN + 3)
            except ProcessLookupError:
                pass
        try:
            self.nspawn.wait(20 if self.leader else 0.1)
        except subprocess.TimeoutExpired:
            self.nspawn.kill()
            self.nspawn.wait()
        self._leave_group()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _leave_group(self):
        """The last processes may be about to end; whatever is left after two seconds stays."""
        end = time.monotonic() + 2
        while self.group.exists() and time.monotonic() < end:
            for folder, _, _ in os.walk(self.group, topdown=False):
                try:
                    os.rmdir(folder)
                except OSError:
                    time.sleep(0.02)

    def _control_group(self):
        """Its own, so that boxes side by side do not meet."""
        top = pathlib.Path("/sys/fs/cgroup/unified")
        top = top if top.is_dir() else pathlib.Path("/sys/fs/cgroup")
        group = top / self.folder.name
        group.mkdir()
        return group

    def _boot(self):
        def enter_group():
            (self.group / "cgroup.procs").write_text("0")
            os.setsid()

        command = ["systemd-nspawn", "--register=no", "--keep-unit", "--private-network", "-q",
                   "-D", str(ROOTS / self.version), "-M", f"box{self.version}-{secrets.token_hex(4)}",
                   "--volatile=overlay", "--boot", "--console=pipe"]
        log = open(self.folder / "console", "w")
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=enter_group,
                                env={**ENVIRONMENT, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"})

    def _first_process(self):
        """The child of systemd-nspawn that is the box's systemd; others are there while it is set up."""
        for child in pathlib.Path(f"/proc/{self.nspawn.pid}/task/{self.nspawn.pid}/children").read_text().split():
            try:
                if pathlib.Path(f"/proc/{child}/comm").read_text() == "systemd\n":
                    return int(child)
            except OSError:
                pass
        return None

    def _is_up(self):
        return self.run("systemctl", "is-system-running", limit=5).stdout.strip() in ("running", "degraded")

    def _await(self, holds, limit, complaint):
        end = time.monotonic() + limit
        while True:
            if self.nspawn.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{complaint}: {(self.folder / 'console').read_text()[-1000:]}")
            if found := holds():
                return found
            time.sleep(0.05)


if __name__ == "__main__":
    if sys.argv[1:] != ["roots"]:
        sys.exit(__doc__)
    make_roots()
