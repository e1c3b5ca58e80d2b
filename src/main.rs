//! The `crawld` program.

fn main() {}
