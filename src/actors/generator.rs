//! Produces a job's first requests, batch by batch, from a cursor.
//!
//! It holds no position of its own: the cursor comes with each request for more and is stored in
//! the transaction that stores the batch, so a death repeats or loses nothing.

mod input;
mod list;
mod reader;

use std::sync::Arc;

use actix::{Actor, Context, Handler, ResponseFuture};

use super::contain::Notice;
use super::messages::{Batch, Ping, Produce};
use crate::domain::job::{Generator, Job};
use crate::faults;
use crate::frontier::discover::new_url;
pub use input::heading_lacks;
pub use list::ListSource;

/// The actor.
#[derive(Debug)]
pub struct GeneratorActor {
    job: Arc<Job>,
    pass: i32,
    list: Option<ListSource>,
    _notice: Notice,
}

impl GeneratorActor {
    /// The generator of a job in this pass; its list outlives it.
    #[must_use]
    pub fn new(job: Arc<Job>, pass: i32, list: Option<ListSource>, notice: Notice) -> Self {
        Self { job, pass, list, _notice: notice }
    }

    /// The batch after `cursor`: `roots:N` while there are roots, then, in later passes,
    /// `revisit:ID` through all that is known.
    fn roots(&self, cursor: Option<&str>, room: usize) -> Batch {
        let roots = &self.job.roots;
        let done: usize =
            cursor.and_then(|c| c.strip_prefix("roots:")).and_then(|n| n.parse().ok()).unwrap_or(0);
        let urls: Vec<_> = roots
            .iter()
            .skip(done)
            .take(room.max(1))
            .map(|root| new_url(&self.job, &root.url, 0))
            .collect();
        let done = done + urls.len();
        let last = done >= roots.len();
        let again = self.pass > 1 && matches!(self.job.generator, Generator::Roots);
        Batch::Offer {
            urls,
            cursor: if last && again { "revisit:0".to_owned() } else { format!("roots:{done}") },
            exhausted: last && !again,
        }
    }
}

impl Actor for GeneratorActor {
    type Context = Context<Self>;
}

impl Handler<Ping> for GeneratorActor {
    type Result = ();

    fn handle(&mut self, _: Ping, _: &mut Self::Context) {}
}

impl Handler<Produce> for GeneratorActor {
    type Result = ResponseFuture<Batch>;

    fn handle(&mut self, msg: Produce, _: &mut Self::Context) -> Self::Result {
        faults::pass("generator", &self.job.name);
        let cursor = msg.cursor;
        if let Some(after) = cursor.as_deref().and_then(|c| c.strip_prefix("revisit:")) {
            let after = after.parse().unwrap_or(0);
            return Box::pin(std::future::ready(Batch::Revisit { after }));
        }
        match (&self.job.generator, self.list.clone()) {
            (_, Some(list)) => {
                let job = Arc::clone(&self.job);
                Box::pin(async move { list.produce(&job, cursor.as_deref(), msg.room).await })
            }
            (Generator::Harvest(_), _) => Box::pin(std::future::ready(Batch::Refill)),
            _ => Box::pin(std::future::ready(self.roots(cursor.as_deref(), msg.room))),
        }
    }
}
