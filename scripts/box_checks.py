"""The scenario, first part: what the service does from its start to its end. Each check has a box of its
own, in which the package is installed; it fails by AssertionError."""

import collections
import time

from box_service import CONFIG, until

Check = collections.namedtuple("Check", "requirement what only faults function")
CHECKS = []


def check(requirement, what, only=None, faults=False):
    """Registers a check of a requirement, named as in docs/service.md, for one version of systemd only, or for
    packages of which a fault can be ordered: those of a debug build."""

    def register(function):
        CHECKS.append(Check(requirement, what, only, faults, function))
        return function

    return register


def configure(service, text=""):
    """Few in flight, so that little may be repeated after a death."""
    service.write(CONFIG, f"[daemon]\nconcurrency = 8\n{text}\n")


@check("R1", "the package installs; the service is enabled, active and idle with no job")
def installs(service):
    assert service.systemctl("is-enabled", "crawld").stdout.strip() == "enabled"
    assert service.active == "active" and service.restarts == 0, service.tail()
    assert service.status, "there is no STATUS="
    worse = [line["MESSAGE"] for line in service.journal() if int(line["PRIORITY"]) <= 4]
    assert not worse, worse
    modes = service.box.run("stat", "-c", "%a %U %n", "/var/lib/crawld", "/run/crawld", "/var/lib/crawld/crawld.db",
                            "/run/crawld/control.sock").stdout
    assert modes == ("750 crawld /var/lib/crawld\n750 crawld /run/crawld\n600 crawld /var/lib/crawld/crawld.db\n"
                     "660 crawld /run/crawld/control.sock\n"), modes
    for page in ("crawld", "crawld.toml", "crawld-run"):
        assert service.box.run("man", "-w", page).returncode == 0, f"no manual page {page}"


@check("R2", "STATUS= tells how a crawl goes")
def status_lives(service):
    service.site()
    configure(service)
    service.job("site", 400)
    service.systemctl("restart", "crawld")
    seen = set()
    until(lambda: seen.add(service.status) or len(seen) >= 3, 30, f"three states of STATUS=; seen: {seen}")
    service.exact("site", 400)


@check("R2", "it is ready only when its database answers, and waits for it")
def waits_for_database(service):
    port = 5499
    configure(service, f'[database]\nurl = "postgres://postgres@127.0.0.1:{port}/postgres"')
    service.systemctl("restart", "--no-block", "crawld")
    until(lambda: service.active == "activating" and service.said("waiting"), 20, "waiting for the database")
    pid = service.pid
    until(lambda: service.status, 10, "STATUS= while the database is away")
    time.sleep(3)
    assert (service.active, service.pid, service.restarts) == ("activating", pid, 0), service.tail()
    service.postgres(port)
    until(lambda: service.active == "active", 30, "ready, the database being there")
    assert service.pid == pid and service.restarts == 0


@check("R3", "reload is synchronous and truthful: applied, refused, invalid")
def reload_tells(service):
    service.site()
    configure(service)
    service.systemctl("restart", "crawld")
    pid = service.pid
    service.job("site", 60)
    service.systemctl("reload", "crawld")
    assert "site" in service.crawld("status").stdout, "the job is not there when the reload has ended"
    service.exact("site", 60)
    # What only a restart can change is refused, and nothing of the rest is applied.
    configure(service, '[database]\nurl = "sqlite:///var/lib/crawld/other.db"')
    service.job("late", 20)
    refused = service.systemctl("reload", "crawld", good=False)
    assert refused.returncode != 0, "a refused reload was called good"
    assert service.show("ReloadResult") == "exit-code"
    said = service.said("database.url")
    assert said and any("other.db" in line["MESSAGE"] for line in said), service.tail()
    assert service.active == "active" and service.pid == pid
    assert "late" not in service.crawld("status").stdout, "a part of a refused reload was applied"
    assert "OLD" in service.status or "refused" in service.status or "failed" in service.status, service.status
    # A file that is wrong.
    configure(service)
    service.write("/etc/crawld/conf.d/wrong.toml", '[jobs.wrong]\nkind = "crawl"\nroots = 7\n')
    invalid = service.systemctl("reload", "crawld", good=False)
    assert invalid.returncode != 0, "an invalid reload was called good"
    assert service.said("wrong.toml", "roots"), service.tail()
    assert service.active == "active" and service.pid == pid
    # And right again.
    service.box.run("rm", "/etc/crawld/conf.d/wrong.toml")
    service.systemctl("reload", "crawld")
    service.exact("late", 20)
    assert service.pid == pid and service.restarts == 0


@check("R4", "Type=notify-reload works as well, and waits", only="254")
def notify_reload(service):
    service.site()
    configure(service)
    example = service.read("/usr/share/doc/crawld/examples/drop-ins/notify-reload.conf")
    service.write("/etc/systemd/system/crawld.service.d/reload.conf", example)
    service.systemctl("daemon-reload")
    service.systemctl("restart", "crawld")
    assert service.show("Type") == "notify-reload"
    pid = service.pid
    service.job("site", 40)
    began = time.monotonic()
    service.systemctl("reload", "crawld")
    assert time.monotonic() - began < 20, "the reload came to no end of its own"
    assert service.active == "active" and service.pid == pid
    assert "site" in service.crawld("status").stdout, "the job is not there when the reload has ended"
    # A refused one ends, too.
    service.write("/etc/crawld/conf.d/wrong.toml", "[jobs.wrong]\nkind = 7\n")
    service.systemctl("reload", "crawld")
    assert service.active == "active" and service.pid == pid
    service.exact("site", 40)


@check("R5", "an invalid configuration at the start fails at once, with 78 and the place")
def invalid_start(service):
    service.write("/etc/crawld/conf.d/bad.toml", '[jobs.bad]\nkind = "crawl"\nroots = ["http://x/"]\nmax_pags = 7\n')
    assert service.systemctl("restart", "crawld", good=False).returncode != 0
    until(lambda: service.active == "failed", 10, "failed")
    assert service.show("ExecMainStatus") == "78" and service.restarts == 0
    said = service.said("bad.toml", "max_pags")
    assert said and "4" in said[0]["MESSAGE"] and int(said[0]["PRIORITY"]) <= 3, service.tail()
    assert "max_pags" in service.status and service.show("StatusErrno") == "22", service.status
    service.box.run("rm", "/etc/crawld/conf.d/bad.toml")
    service.systemctl("restart", "crawld")


@check("R6", "a daemon that hangs is ended by the watchdog, and goes on where it was")
def hangs(service):
    service.site()
    configure(service)
    service.drop_in("WatchdogSec=3s\nRestartSec=100ms")
    service.job("site", 500)
    service.systemctl("restart", "crawld")
    service.crawled("site", 100)
    pid = service.pid
    service.box.run("kill", "-STOP", pid)
    until(lambda: service.restarts == 1 and service.active == "active", 30, "restarted by the watchdog")
    assert service.pid != pid
    assert "atchdog" in service.tail(), service.tail()
    service.exact("site", 500, deaths=1)
    assert service.restarts == 1, "the watchdog ended one that did not hang"


@check("R6", "an actor that is stuck stops the watchdog and is named", faults=True)
def stuck(service):
    service.site()
    configure(service, 'stop_timeout = "6s"')
    service.drop_in("WatchdogSec=3s\nRestartSec=100ms\nEnvironment=CRAWLD_FAULTS=db@20!")
    service.job("site", 400)
    service.systemctl("restart", "crawld")
    until(lambda: service.restarts >= 1, 40, "restarted by the watchdog")
    assert [line for line in service.said("no answer", "db") if int(line["PRIORITY"]) <= 3], service.tail()
    # Nor does it keep the system from going down.
    until(lambda: service.said("no answer", "db") and service.active == "active", 20, "stuck again")
    began = time.monotonic()
    service.systemctl("stop", "crawld")
    assert time.monotonic() - began < 25, service.tail()
    service.drop_in("RestartSec=100ms")
    service.systemctl("start", "crawld")
    service.exact("site", 400, deaths=5)


@check("R7", "SIGKILL, three times in mid-crawl: it goes on, all pages once")
def killed(service):
    service.site()
    configure(service)
    service.drop_in("RestartSec=100ms")
    service.job("site", 600)
    service.systemctl("restart", "crawld")
    for death, pages in enumerate((60, 200, 380), start=1):
        service.crawled("site", pages)
        service.kill("KILL")
        until(lambda: service.restarts == death and service.active == "active", 30, f"restart {death}")
    service.exact("site", 600, deaths=3)


@check("R8", "a stop waits for slow answers longer than TimeoutStopSec=, and ends well")
def drains(service):
    service.site()
    configure(service)
    service.write(CONFIG, service.read(CONFIG).replace("concurrency = 8", 'concurrency = 8\ngrace = "20s"'))
    service.drop_in("TimeoutStopSec=2s")
    service.job("slow", 30, wait=7000)
    service.systemctl("restart", "crawld")
    service.crawled("slow", 1)
    began = time.monotonic()
    service.systemctl("stop", "crawld")
    took = time.monotonic() - began
    assert took > 4, f"it did not wait: {took:.1f} s"
    assert service.show("Result") == "success" and service.show("ExecMainStatus") == "0", service.tail()
    assert service.done("slow") == 1, "the answer that was waited for is lost"
    # Beyond the grace nothing is waited for.
    service.write(CONFIG, service.read(CONFIG).replace('"20s"', '"1s"'))
    service.systemctl("start", "crawld")
    service.crawled("slow", 2)
    began = time.monotonic()
    service.systemctl("stop", "crawld")
    assert time.monotonic() - began < 5 and service.show("Result") == "success", service.tail()
