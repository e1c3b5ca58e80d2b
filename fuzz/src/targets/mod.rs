//! What is fuzzed, a file each. Every target says in its first lines how it reads its input and
//! what must hold.

pub(crate) mod charset;
pub(crate) mod cookies;
pub(crate) mod decode;
pub(crate) mod head;
pub(crate) mod headers;
pub(crate) mod items;
pub(crate) mod links;
pub(crate) mod page;
pub(crate) mod retry_after;
pub(crate) mod robots;
pub(crate) mod sitemap;
pub(crate) mod url;
