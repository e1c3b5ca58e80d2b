//! Asks for one thing at a time: transport, extraction, discovery, all on its own thread.

mod gather;
mod outbox;
pub mod probe;
mod recording;
mod request;
mod sinks;
mod sitemap;
mod trip;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use actix::{Actor, ActorContext, Context, Handler, ResponseActFuture, WrapFuture};

use super::contain::{Notice, contained};
use super::messages::{Fetch, Landing, Ping, Quit, Returned};
use crate::clock::Clock;
use crate::domain::outcome::Reason;
use crate::domain::role::Role;
use crate::faults;
use crate::frontier::answer::{Answer, RobotsAnswer};
use crate::frontier::host::Work;
use crate::frontier::known::KnownUrls;
use crate::http::budget::Budget;
use crate::http::client::HttpClient;
pub use outbox::Outbox;
use trip::{Met, Trip};

/// The actor.
pub struct FetchActor {
    slot: usize,
    tools: Tools,
    _notice: Notice,
}

/// What a fetch needs.
#[derive(Clone)]
pub struct Tools {
    /// The thread's client.
    pub client: Rc<HttpClient>,
    /// The clock.
    pub clock: Clock,
    /// Memory for bodies and outcomes.
    pub budget: Budget,
    /// URLs known already.
    pub known: Arc<KnownUrls>,
    /// The thread's outbox.
    pub outbox: Outbox,
}

impl FetchActor {
    /// The fetcher of this slot.
    #[must_use]
    pub fn new(slot: usize, tools: Tools, notice: Notice) -> Self {
        Self { slot, tools, _notice: notice }
    }
}

impl Actor for FetchActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        // One fetch at a time: the Scheduler sends the next when this one has landed.
        ctx.set_mailbox_capacity(1);
    }
}

impl Handler<Ping> for FetchActor {
    type Result = ();

    fn handle(&mut self, _: Ping, _: &mut Self::Context) {}
}

impl Handler<Quit> for FetchActor {
    type Result = ();

    fn handle(&mut self, _: Quit, ctx: &mut Self::Context) {
        ctx.terminate();
    }
}

impl Handler<Fetch> for FetchActor {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, fetch: Fetch, _: &mut Self::Context) -> Self::Result {
        if let Work::Page(row, _) = &*fetch.work {
            faults::pass("fetcher", &row.url);
        }
        Box::pin(land(self.slot, self.tools.clone(), fetch).into_actor(self))
    }
}

/// Carries out one fetch; a panic in it becomes an answer.
async fn land(slot: usize, tools: Tools, fetch: Fetch) {
    let returned = fly(slot, &tools, &fetch).await;
    let Fetch { work, back, .. } = fetch;
    // The Scheduler has it to itself again.
    drop(work);
    tools.outbox.put(back, returned);
}

async fn fly(slot: usize, tools: &Tools, fetch: &Fetch) -> Returned {
    let begun_at = tools.clock.now();
    let (host, start) = (fetch.host, fetch.start.as_ref());
    let trip = Trip { slot, tools, host, start, met: Cell::default() };
    let landing = match &*fetch.work {
        Work::Page(row, url) => {
            let asked = match row.role {
                Role::Page => contained(trip.page(fetch, row, url)).await,
                // What is rare is kept elsewhere: a fetch is moved as a whole when it begins.
                Role::Sitemap => {
                    let asked = trip.sitemap(&fetch.job, row, fetch.keep_alive);
                    contained(Box::pin(asked)).await
                }
            };
            let (answer, permit) = asked.unwrap_or_else(|words| {
                (Answer::of_the_dead(begun_at, words), tools.budget.nothing())
            });
            Landing::Page(Box::new(answer), permit)
        }
        Work::Robots(errand, _) => {
            let asked = contained(Box::pin(trip.robots(&fetch.job, errand))).await;
            Landing::Robots(Box::new(asked.unwrap_or_else(|words| RobotsAnswer {
                failure: Some((Reason::Poison, words)),
                begun_at,
                ..RobotsAnswer::default()
            })))
        }
    };
    let Met { address, crowded } = trip.met.get();
    Returned { landing: if crowded { Landing::Crowded } else { landing }, address }
}

thread_local! {
    static CLIENT: RefCell<Option<(u64, Rc<HttpClient>)>> = const { RefCell::new(None) };
}

/// The one client of this thread, built on first use, and anew for each later edition of the
/// settings. Who has the old one may use it to the end.
///
/// # Errors
/// When it cannot be built (a broken CA file).
pub fn client_of_thread<E>(
    edition: u64,
    build: impl FnOnce() -> Result<HttpClient, E>,
) -> Result<Rc<HttpClient>, E> {
    CLIENT.with(|slot| {
        if let Some((of, client)) = &*slot.borrow()
            && *of >= edition
        {
            return Ok(Rc::clone(client));
        }
        let client = Rc::new(build()?);
        *slot.borrow_mut() = Some((edition, Rc::clone(&client)));
        Ok(client)
    })
}
