//! Items read from documents of known structure.
#![cfg(test)]

mod books;
mod shared;
