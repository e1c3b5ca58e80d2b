"""The scenario, second part: what surrounds the service, and what comes at the wrong moment."""

import re
import time

from box_checks import check, configure
from box_service import CONFIG, until

UNIT = "/usr/lib/systemd/system/crawld.service"


@check("R9", "journal: priorities, one event a line, neither time nor colour, panics as errors", faults=True)
def journals(service):
    service.site()
    configure(service)
    # Nothing is behind this page.
    service.drop_in("Environment=CRAWLD_FAULTS=extract=/60/0/59")
    service.job("site", 60)
    service.systemctl("restart", "crawld")
    until(lambda: service.done("site") == 59 and service.said("ended"), 60, "all pages but one")
    lines = service.journal()
    assert {line["PRIORITY"] for line in lines} - {"6"}, "every line has the same priority"
    for line in lines:
        message = line["MESSAGE"]
        assert isinstance(message, str) and "\x1b" not in message, message
        assert not re.match(r"<\d>|\d{4}-\d\d-\d\dT", message), message
    panics = [line for line in lines if "fault injected" in line["MESSAGE"]]
    assert panics and all(int(line["PRIORITY"]) <= 4 for line in panics), panics
    assert any(int(line["PRIORITY"]) <= 3 for line in panics), panics


@check("R10, R13", "verify is silent, and the exposure at most 1.2")
def exposure(service):
    verified = service.box.run("systemd-analyze", "verify", UNIT)
    assert verified.returncode == 0 and not verified.stdout.strip(), verified.stdout
    scored = service.box.run("systemd-analyze", "security", "--no-pager", "--threshold=12", "crawld.service")
    assert scored.returncode == 0, scored.stdout[-300:]
    limits = {name: service.show(name) for name in ("MemoryMax", "TasksMax", "LimitNOFILE", "NoNewPrivileges")}
    assert "infinity" not in limits.values() and limits["LimitNOFILE"] == "65536", limits


@check("R11", "in its sandbox: names, plain and TLS, SQLite; nothing but itself is executed")
def sandbox(service):
    service.site(secure=True)
    configure(service, '[http]\nca_file = "/etc/crawld/ca.pem"')
    service.job("plain", 40, root="http://site.test")
    service.job("secure", 50, root="https://site.test")
    service.systemctl("restart", "crawld")
    service.exact("plain", 40)
    service.exact("secure", 50)
    state = service.read(f"/proc/{service.pid}/status")
    for line in ("CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"):
        assert line in state, state
    # What its own view of the files allows, whoever asks.
    inside = ("nsenter", "-t", service.pid, "-m", "--")
    assert service.box.run(*inside, "/usr/bin/crawld", "--version").returncode == 0
    foreign = service.box.run(*inside, "/usr/bin/true")
    assert foreign.returncode != 0 and "Permission denied" in foreign.stdout, foreign
    for place in ("/etc/crawld/x", "/usr/x", "/home/x"):
        assert not write_inside(service, place), f"it can write {place}"
    assert write_inside(service, "/var/lib/crawld/x"), "it cannot write where it should"


def write_inside(service, path):
    """Can even root make this file where the service sees it?"""
    return service.box.run("touch", f"/proc/{service.pid}/root{path}").returncode == 0


@check("R11", "in its sandbox: PostgreSQL, named by a credential, which dies in mid-crawl")
def sandbox_postgres(service):
    service.site()
    url = service.postgres(5498)
    service.write("/etc/crawld/database.url", f"{url}postgres\n")
    service.box.run("chmod", "600", "/etc/crawld/database.url")
    service.drop_in("LoadCredential=database:/etc/crawld/database.url")
    configure(service, '[database]\nurl_file = "credential:database"')
    service.job("site", 300)
    service.systemctl("restart", "crawld")
    pid = service.pid
    service.crawled("site", 80)
    service.postgres_word("kill")
    time.sleep(2)
    service.postgres(5498)
    service.exact("site", 300, deaths=4, store=f"{url}postgres")
    assert service.pid == pid and service.restarts == 0, "a database away is no reason to die"


@check("R12", "an upgrade in mid-crawl keeps edits and state, and the crawl goes on")
def upgrade(service):
    service.site()
    service.box.run("dpkg", "--purge", "crawld")
    service.install(service.older)
    configure(service)
    service.job("site", 500)
    service.systemctl("restart", "crawld")
    service.crawled("site", 100)
    pid = service.pid
    said = service.install(service.package)
    until(lambda: service.active == "active", 30, "active after the upgrade")
    assert service.pid != pid, "the new program does not run"
    assert "concurrency = 8" in service.read(CONFIG), f"the edit is lost: {said}"
    # An orderly stop is no death.
    service.exact("site", 500, deaths=0)


@check("R12", "remove keeps configuration and state, purge leaves nothing")
def goes(service):
    configure(service)
    removed = service.box.run("dpkg", "--remove", "crawld", limit=120)
    assert removed.returncode == 0, removed.stdout
    assert service.box.run("systemctl", "is-active", "crawld").stdout.strip() in ("inactive", "unknown")
    assert "concurrency = 8" in service.read(CONFIG)
    assert (service.box.root / "var/lib/crawld/crawld.db").exists()
    purged = service.box.run("dpkg", "--purge", "crawld", limit=120)
    assert purged.returncode == 0 and "not empty" not in purged.stdout, purged.stdout
    left = service.box.run("sh", "-c", "find / -xdev -name '*crawld*' -not -path '/proc/*' -not -path '/tmp/*' "
                           "-not -path '/var/log/*' -not -path '/run/systemd/*' -not -path '/var/cache/man/*'")
    assert not left.stdout.strip(), left.stdout
    # And it can come again.
    service.install(service.package)
    assert service.active == "active", service.tail()


@check("R14", "too few open files: a warning, and fewer requests in flight")
def few_files(service):
    service.site()
    service.write(CONFIG, "[daemon]\nconcurrency = 64\n")
    service.drop_in("LimitNOFILE=128")
    service.job("site", 50)
    service.systemctl("restart", "crawld")
    said = [line for line in service.said("128 files") if line["PRIORITY"] == "4"]
    assert said and "instead of 64" in said[0]["MESSAGE"], service.tail()
    service.exact("site", 50)


@check("R15", "a storm of SIGHUP in mid-crawl")
def storm(service):
    service.site()
    configure(service)
    service.job("site", 400)
    service.systemctl("restart", "crawld")
    service.crawled("site", 50)
    pid = service.pid
    for number in range(60):
        service.job("other", 30 + number % 2)
        service.box.run("kill", "-HUP", pid)
    service.job("other", 30)
    service.systemctl("reload", "crawld")
    assert (service.pid, service.restarts, service.active) == (pid, 0, "active"), service.tail()
    service.exact("site", 400)


@check("R15", "SIGHUP while it starts, from the first moment that it can be caught, eight times")
def hup_in_start(service):
    service.site()
    configure(service)
    service.job("site", 60)
    script = """systemctl restart --no-block crawld
    until pid=$(systemctl show -P MainPID crawld) && [ "$pid" != 0 ] && [ "$pid" != "$1" ]; do :; done
    # Before a program has said what it does about a signal, the signal ends it: SIGHUP is the first bit.
    until grep -q "^SigCgt:.*[13579bdf]$" "/proc/$pid/status"; do :; done
    for _ in $(seq 30); do kill -HUP "$pid" || exit 1; sleep 0.01; done
    echo "$pid" """
    for round_ in range(8):
        done = service.box.run("bash", "-c", script, "bash", service.pid)
        until(lambda: service.active == "active", 20, f"active in round {round_}")
        assert done.returncode == 0 and service.pid == int(done.stdout), done.stdout + service.tail()
    service.exact("site", 60)


@check("R15", "SIGHUP while it drains")
def hup_in_drain(service):
    service.site()
    configure(service)
    service.job("slow", 20, wait=4000)
    service.systemctl("restart", "crawld")
    service.crawled("slow", 1)
    pid = service.pid
    service.systemctl("stop", "--no-block", "crawld")
    until(lambda: service.active == "deactivating", 10, "deactivating")
    for _ in range(5):
        service.box.run("kill", "-HUP", pid)
    until(lambda: service.active == "inactive", 40, "stopped")
    assert service.show("Result") == "success", service.tail()
    assert service.done("slow") >= 1, "the answer that was waited for is lost"


@check("R15", "SIGTERM in the middle of reloads, eight times")
def term_in_reload(service):
    service.site()
    configure(service)
    for round_ in range(8):
        service.job("site", 300)
        service.systemctl("restart", "crawld")
        service.job("other", 30 + round_)
        service.systemctl("reload", "--no-block", "crawld")
        service.kill("HUP")
        time.sleep(0.03 * round_)
        service.systemctl("stop", "crawld")
        # systemd ends the client of the reload, too, and counts that as the unit's result.
        assert service.show("Result") in ("success", "signal"), service.tail()
        assert (service.show("ExecMainCode"), service.show("ExecMainStatus")) == ("1", "0"), service.tail()
    service.systemctl("restart", "crawld")
    service.exact("site", 300)


@check("R16", "outside systemd the same program runs, with times on its lines")
def outside(service):
    service.site()
    service.systemctl("stop", "crawld")
    configure(service, '[control]\nsocket = "/tmp/out/control.sock"\n[database]\nurl = "sqlite:///tmp/out/crawld.db"')
    service.job("site", 40)
    service.box.run("install", "-d", "-o", "crawld", "/tmp/out")
    script = (f"crawld run --config {CONFIG} 2>/tmp/out/log & sleep 4; kill -HUP $!; sleep 1; kill -TERM $!; "
              "wait $!; echo exit $?")
    done = service.box.run("bash", "-c", script, user="crawld")
    log = service.read("/tmp/out/log")
    assert "exit 0" in done.stdout, done.stdout + log
    assert log and all(re.match(r"\d{4}-\d\d-\d\dT", line) for line in log.splitlines()), log
    assert " ERROR " not in log and " WARN " not in log, log
    service.exact("site", 40, store="sqlite:///tmp/out/crawld.db")


@check("R3", "kill -HUP does what reload does")
def hup_reloads(service):
    service.site()
    configure(service)
    service.systemctl("restart", "crawld")
    pid = service.pid
    service.job("site", 40)
    service.box.run("kill", "-HUP", pid)
    service.exact("site", 40)
    service.write("/etc/crawld/conf.d/wrong.toml", "[jobs.wrong]\nkind = 7\n")
    service.box.run("kill", "-HUP", pid)
    until(lambda: service.said("wrong.toml"), 10, "the journal tells of the invalid file")
    assert service.active == "active" and service.pid == pid and service.restarts == 0


@check("control", "members of its group and root speak to it, others do not; curl does")
def control(service):
    service.site()
    configure(service)
    service.job("site", 40)
    service.systemctl("restart", "crawld")
    service.box.run("useradd", "--groups", "crawld", "member")
    service.box.run("useradd", "stranger")
    for user in ("member", None):
        seen = service.box.run("crawld", "status", user=user)
        assert seen.returncode == 0 and "site" in seen.stdout, seen.stdout
    assert service.box.run("crawld", "pause", "site", user="stranger").returncode != 0
    socket = service.box.root / "run/crawld/control.sock"
    for path in ("healthz", "readyz", "metrics"):
        asked = service.outside("curl", "--silent", "--fail", "--unix-socket", socket, f"http://crawld/{path}")
        assert asked.returncode == 0, f"{path}: {asked}"
    assert "crawld_" in asked.stdout
    paused = service.box.run("crawld", "pause", "site", user="member")
    assert paused.returncode == 0, paused.stdout
    # What was ordered outlives the process.
    service.kill("KILL")
    until(lambda: service.restarts == 1 and service.active == "active", 20, "restarted")
    assert "paused" in service.box.run("crawld", "status", "site").stdout
    assert service.box.run("crawld", "resume", "site", user="member").returncode == 0
    service.exact("site", 40, deaths=1)
