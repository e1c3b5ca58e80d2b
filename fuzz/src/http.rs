//! The parts of `src/http` that are bytes in and bytes out.

#[path = "../../src/http"]
mod parts {
    pub(crate) mod decode;
    pub(crate) mod failure;
    pub(crate) mod head_repair;

    use failure::FetchError;
}

pub(crate) use parts::{decode, head_repair};
