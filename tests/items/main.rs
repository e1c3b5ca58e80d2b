//! Items read from documents of known structure.
#![cfg(test)]

mod books;
mod flats;
mod hostile;
mod properties;
mod quotes;
mod shared;
mod stated;
mod wrong;
