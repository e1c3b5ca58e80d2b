//! crawld(8): what clap knows of the program, and what an administrator asks besides.

use std::io;

use clap::Command;
use clap_mangen::roff::{Roff, bold, roman};

use super::{COMMANDS, Page, manual};

const DESCRIPTION: [&str; 3] = [
    "crawld asks for pages, follows links, harvests tips and takes items, politely and under limits, \
     and keeps all of it in one store. Whatever ends it, the same command again goes on where it was.",
    "Each of the commands crawl, suggest, fetch and scrape does one job in the foreground. crawld run \
     is the daemon: it does every job of its configuration, again and again where a schedule says so, \
     and stays.",
    "As a service (systemctl status crawld) it reads /etc/crawld/crawld.toml and the files of \
     /etc/crawld/conf.d, the natural place of a job each. systemctl reload crawld, crawld reload and \
     SIGHUP read them again: all changes are applied, or none, and the first two tell why not.",
];

const FILES: [(&str, &str); 6] = [
    ("/etc/crawld/crawld.toml", "The settings, see crawld.toml(5)."),
    ("/etc/crawld/conf.d/*.toml", "More of them, read after it in the order of their names."),
    ("/etc/default/crawld", "Environment of the service."),
    ("/var/lib/crawld", "The store of the service, unless database.url names another one."),
    ("/run/crawld/control.sock", "Where a running daemon is spoken to: by members of its group."),
    ("/usr/share/doc/crawld/examples", "Jobs of each kind, and changes of the unit."),
];

const CODES: [(&str, &str); 8] = [
    ("0", "Complete; of crawld run: stopped by SIGTERM, too."),
    ("1", "A failure while running, or no root gave a page."),
    ("2", "A wrong command line."),
    ("3", "Complete, but --fail-on was exceeded."),
    ("69", "The store is not available, or another process owns it."),
    ("78", "The configuration is invalid; every fault is told with its file, line and key."),
    ("130", "Stopped by SIGINT; the same command again goes on."),
    ("143", "Stopped by SIGTERM, likewise."),
];

const SIGNALS: [(&str, &str); 2] = [
    (
        "SIGTERM, SIGINT",
        "End: requests in flight may finish within daemon.grace. A second one ends at once.",
    ),
    ("SIGHUP", "Read the configuration again (crawld run)."),
];

/// The page of the program.
///
/// # Errors
/// None that a place in memory has.
pub(super) fn page(command: &Command) -> io::Result<Page> {
    let man = manual(command, "crawld", COMMANDS);
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    description().to_writer(&mut text)?;
    man.render_options_section(&mut text)?;
    man.render_subcommands_section(&mut text)?;
    terms("FILES", &FILES).to_writer(&mut text)?;
    terms("SIGNALS", &SIGNALS).to_writer(&mut text)?;
    terms("EXIT STATUS", &CODES).to_writer(&mut text)?;
    see_also(&["crawld.toml(5)", "systemctl(1)", "journalctl(1)"]).to_writer(&mut text)?;
    Ok(Page { name: format!("crawld.{COMMANDS}"), text })
}

/// The section that names other pages.
pub(super) fn see_also(names: &[&str]) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["SEE ALSO"]);
    roff.text([roman(names.join(", "))]);
    roff
}

fn description() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["DESCRIPTION"]);
    for (at, paragraph) in DESCRIPTION.iter().enumerate() {
        if at > 0 {
            roff.control("PP", []);
        }
        roff.text([roman(*paragraph)]);
    }
    roff
}

fn terms(heading: &str, terms: &[(&str, &str)]) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", [heading]);
    for (term, meaning) in terms {
        roff.control("TP", []);
        roff.text([bold(*term)]);
        roff.text([roman(*meaning)]);
    }
    roff
}
