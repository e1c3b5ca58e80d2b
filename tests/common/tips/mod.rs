//! A hidden database of tips and the endpoint that shows it, both synthetic: everything is known.
#![allow(dead_code, reason = "each test uses its own part")]

pub(crate) mod chance;
pub(crate) mod endpoint;
pub(crate) mod words;
