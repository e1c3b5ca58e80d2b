//! `crawld fetch` by the real program: what the script for a list of URLs promised (areq.py), in the
//! words of our contract, and what it did not.
#![cfg(test)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/tls.rs"]
mod tls;

mod check;
mod graphs;
mod ground;
mod lists;
mod pairs;
mod passes;
mod resume;
mod troubles;
