//! Fuzz targets for everything that reads bytes from the network: `scripts/fuzz SECONDS [TARGET]`.
//!
//! libFuzzer guides all of them in one program; `FUZZ_TARGET` in the environment names the one that
//! runs. A target panics when a promise of the code under test does not hold.
#![no_main]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a target reports")]

#[path = "../../src/domain/mod.rs"]
#[allow(dead_code, reason = "a target uses what it tests")]
mod domain;
#[path = "../../src/frontier/mod.rs"]
#[allow(dead_code, reason = "a target uses what it tests")]
mod frontier;
#[allow(dead_code, reason = "a target uses what it tests")]
mod http;
mod pieces;
mod targets;

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

/// A target: it is given any bytes.
type Target = fn(&[u8]);

/// Every target by its name; each has a folder in corpus/.
const TARGETS: [(&str, Target); 11] = [
    ("charset", targets::charset::run),
    ("cookies", targets::cookies::run),
    ("decode", targets::decode::run),
    ("head", targets::head::run),
    ("headers", targets::headers::run),
    ("items", targets::items::run),
    ("links", targets::links::run),
    ("retry_after", targets::retry_after::run),
    ("robots", targets::robots::run),
    ("sitemap", targets::sitemap::run),
    ("url", targets::url::run),
];

/// The target that the environment names.
fn chosen() -> Target {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    let found = TARGETS.iter().find(|(known, _)| *known == name);
    let names: Vec<_> = TARGETS.iter().map(|(name, _)| *name).collect();
    found.unwrap_or_else(|| panic!("FUZZ_TARGET is '{name}'; there are: {}", names.join(" "))).1
}

fuzz_target!(|data: &[u8]| {
    static CHOSEN: OnceLock<Target> = OnceLock::new();
    CHOSEN.get_or_init(chosen)(data);
});
