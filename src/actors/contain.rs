//! How a panic is kept to what it struck.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;

use actix::Recipient;
use futures_util::FutureExt;

use super::messages::{Died, Role};

/// Sits in an actor and tells the Supervisor when the actor is dropped, for whatever reason.
#[derive(Debug)]
pub struct Notice {
    to: Recipient<Died>,
    role: Role,
    generation: u64,
}

impl Notice {
    /// A notice for the actor of this role and generation.
    #[must_use]
    pub fn new(to: Recipient<Died>, role: Role, generation: u64) -> Self {
        Self { to, role, generation }
    }
}

impl Drop for Notice {
    fn drop(&mut self) {
        self.to.do_send(Died {
            role: self.role,
            generation: self.generation,
            panicked: std::thread::panicking(),
        });
    }
}

/// Runs a future; a panic in it becomes its words. (An `async fn` would hold it twice: as what it was
/// given, and as what it waits for.)
///
/// # Errors
/// With what the panic said.
pub fn contained<F: Future>(future: F) -> impl Future<Output = Result<F::Output, String>> {
    let run = AssertUnwindSafe(future).catch_unwind();
    run.map(|ended| ended.map_err(|payload| words(payload.as_ref())))
}

/// What a panic said.
fn words(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without words".to_owned())
}
