//! What came of fetches, on its way to the Scheduler: what comes in one turn of a thread goes
//! together, so that the Scheduler is woken once for all of it.
//!
//! Invariant: while anything waits, a task of the thread is about to send it, and does so even if it
//! is dropped instead of run.

use std::cell::RefCell;
use std::rc::Rc;

use crate::actors::messages::Returned;
use crate::actors::way_back::WayBack;

/// The box of a thread.
#[derive(Debug, Clone, Default)]
pub struct Outbox(Rc<RefCell<Vec<(WayBack, Returned)>>>);

thread_local! {
    static OF_THREAD: Outbox = Outbox::default();
}

impl Outbox {
    /// The one box of this thread.
    #[must_use]
    pub fn of_thread() -> Self {
        OF_THREAD.with(Self::clone)
    }

    /// Sends this with all else that comes before the thread has gone through what is ready now.
    /// To be called from within a task of an arbiter.
    pub fn put(&self, back: WayBack, returned: Returned) {
        let mut waiting = self.0.borrow_mut();
        if waiting.is_empty() {
            let post = Post(self.clone());
            actix_rt::spawn(async move { drop(post) });
        }
        waiting.push((back, returned));
    }
}

/// Sends what waits when it is dropped.
struct Post(Outbox);

impl Drop for Post {
    fn drop(&mut self) {
        for (back, returned) in self.0.0.take() {
            back.land(returned);
        }
    }
}

#[cfg(test)]
mod tests {
    use actix::{Actor, AsyncContext, Context, Handler};
    use futures_util::FutureExt;
    use tokio::task::LocalSet;

    use super::*;
    use crate::actors::messages::{Landed, Landing};
    use crate::actors::way_back;

    struct Desk;

    impl Actor for Desk {
        type Context = Context<Self>;
    }

    impl Handler<Landed> for Desk {
        type Result = ();

        fn handle(&mut self, _: Landed, _: &mut Self::Context) {}
    }

    #[test]
    fn all_that_waits_is_sent_in_one_turn_and_even_by_a_thread_that_ends_before_it() {
        for ends in [false, true] {
            let (desk, post) = (Context::<Desk>::new(), way_back::Post::default());
            let (outbox, turns) = (Outbox::default(), LocalSet::new());
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let put = async {
                for flight in 0..3 {
                    let to = desk.address().recipient();
                    let back = WayBack::new(to, post.clone(), 0, flight);
                    outbox.put(back, Returned { landing: Landing::Crowded, address: None });
                }
                assert_eq!(post.len(), 0, "not one by one");
            };
            if ends {
                let _inside = runtime.enter();
                let _of_this = turns.enter();
                put.now_or_never().unwrap();
            } else {
                runtime.block_on(turns.run_until(async {
                    put.await;
                    tokio::task::yield_now().await;
                }));
            }
            drop(turns);
            assert_eq!(post.len(), 3);
        }
    }
}
