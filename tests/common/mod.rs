//! What the tests of the real program share: a web site under the test's control, and the program.
#![allow(dead_code, reason = "each test file uses its own part")]

pub(crate) mod dns;
pub(crate) mod exposition;
pub(crate) mod generated;
pub(crate) mod hole;
pub(crate) mod http;
pub(crate) mod locks;
pub(crate) mod run;
pub(crate) mod site;
pub(crate) mod sites;
pub(crate) mod tips;
pub(crate) mod together;
pub(crate) mod warc;
