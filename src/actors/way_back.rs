//! How a fetch comes back to the Scheduler.
//!
//! Invariant: each [`WayBack`] leads to exactly one [`Landed`]: with what the fetcher says, or, when it
//! is dropped (the fetcher has died, or never was), with nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix::Recipient;

use super::messages::{Landed, Returned};

/// Counts the answers in a mailbox.
#[derive(Debug, Clone, Default)]
pub struct Post(Arc<AtomicUsize>);

impl Post {
    /// Answers that wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Does none wait?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// An answer has been taken out.
    pub fn taken(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    fn sent(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// The right to say, once, what came of a fetch.
#[derive(Debug)]
pub struct WayBack {
    to: Recipient<Landed>,
    post: Post,
    slot: usize,
    flight: u64,
    said: bool,
}

impl WayBack {
    /// Of this flight, from this slot.
    #[must_use]
    pub fn new(to: Recipient<Landed>, post: Post, slot: usize, flight: u64) -> Self {
        Self { to, post, slot, flight, said: false }
    }

    /// Says it.
    pub fn land(mut self, returned: Returned) {
        self.say(Some(returned));
    }

    fn say(&mut self, returned: Option<Returned>) {
        self.said = true;
        self.post.sent();
        let (slot, flight) = (self.slot, self.flight);
        self.to.do_send(Landed { slot, flight, returned });
    }
}

impl Drop for WayBack {
    fn drop(&mut self) {
        if !self.said {
            self.say(None);
        }
    }
}
