//! WARC 1.1 (ISO 28500:2017): what was asked and answered, one gzip member a record.
//!
//! ```text
//! record  a record of any kind: its header, its digests, its gzip member
//! http    requests and responses as records keep them: secrets left out, transfer coding undone
//! file    the file that is being written: appended to, synced, cut back
//! ```
//!
//! `docs/warc.md` tells people what is recorded, and how.

mod file;
mod http;
mod record;

pub use file::{OpenFile, file_name, final_path, open_path};
pub use http::{Answer, request_block, response_block};
pub use record::{Exchange, Revisit, info, metadata, record_id, request, response, revisit};
