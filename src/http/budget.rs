//! Memory for bodies and outcomes, shared by everybody who holds any.
//!
//! Invariant: what all permits hold together is never more than the budget, but for the one permit
//! that has the overdraft. That one grows freely, so two that each hold what the other waits for
//! cannot stop one another: there is always one that ends, and gives its bytes back.

use std::pin::pin;
use std::sync::Arc;

use futures_util::future::{Either, pending, select};
use tokio::sync::Semaphore;

/// A number of bytes that may be held at once. Clones share it.
#[derive(Debug, Clone)]
pub struct Budget {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    total: usize,
    free: Semaphore,
    /// One place: whoever has it may hold more than is free.
    overdraft: Semaphore,
}

impl Budget {
    /// A budget of `bytes`, all free.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        // The queue counts in 32 bits, and 4 GiB bound nothing any more.
        let total = bytes.min(u32::MAX as usize);
        let free = Semaphore::new(total);
        Self { shared: Arc::new(Shared { total, free, overdraft: Semaphore::new(1) }) }
    }

    /// Bytes in all.
    #[must_use]
    pub fn total(&self) -> usize {
        self.shared.total
    }

    /// Bytes that nobody holds.
    #[must_use]
    pub fn free(&self) -> usize {
        self.shared.free.available_permits()
    }

    /// A permit for nothing yet, to grow later.
    #[must_use]
    pub fn nothing(&self) -> Permit {
        Permit { budget: self.clone(), held: 0, debt: 0, overdrawn: false }
    }

    /// Waits, first come first served, until `bytes` are free, and takes them. Who asks for more
    /// than there is in all waits until all is free, and has it alone.
    pub async fn take(&self, bytes: usize) -> Permit {
        let mut permit = self.nothing();
        let wanted = bytes.min(self.shared.total);
        acquire(&self.shared.free, wanted).await;
        permit.held = wanted;
        permit.debt = bytes - wanted;
        permit
    }
}

/// Waits for `count` places of a queue, which is never closed.
async fn acquire(queue: &Semaphore, count: usize) {
    if let Ok(places) = queue.acquire_many(u32::try_from(count).unwrap_or(u32::MAX)).await {
        places.forget();
    }
}

/// The right to hold some bytes; given back when it is dropped, on any thread.
#[derive(Debug)]
pub struct Permit {
    budget: Budget,
    held: usize,
    /// Held beyond the budget.
    debt: usize,
    overdrawn: bool,
}

impl Permit {
    /// Bytes that may be held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.held + self.debt
    }

    /// Takes `more` bytes if they can be had without waiting.
    pub fn try_grow(&mut self, more: usize) -> bool {
        let count = u32::try_from(more).unwrap_or(u32::MAX);
        if let Ok(places) = self.budget.shared.free.try_acquire_many(count) {
            places.forget();
            self.held += more;
            return true;
        }
        if self.overdrawn {
            self.debt += more;
        }
        self.overdrawn
    }

    /// Waits until `more` bytes are free or this permit gets the overdraft, and takes them.
    pub async fn grow(&mut self, more: usize) {
        if self.try_grow(more) {
            return;
        }
        let shared = Arc::clone(&self.budget.shared);
        let free = async {
            if more > shared.total {
                pending::<()>().await;
            }
            acquire(&shared.free, more).await;
        };
        if let Either::Left(_) = select(pin!(free), pin!(acquire(&shared.overdraft, 1))).await {
            self.held += more;
        } else {
            self.overdrawn = true;
            self.debt += more;
        }
    }

    /// Gives back what is held beyond `bytes`.
    pub fn shrink_to(&mut self, bytes: usize) {
        let surplus = self.bytes().saturating_sub(bytes);
        let repaid = surplus.min(self.debt);
        self.debt -= repaid;
        self.held -= surplus - repaid;
        self.budget.shared.free.add_permits(surplus - repaid);
    }

    /// Takes over what `other` holds of the same budget; what it holds of another is given back.
    pub fn merge(&mut self, mut other: Self) {
        if Arc::ptr_eq(&self.budget.shared, &other.budget.shared) {
            self.held += std::mem::take(&mut other.held);
            self.debt += std::mem::take(&mut other.debt);
            self.overdrawn |= std::mem::take(&mut other.overdrawn);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.budget.shared.free.add_permits(self.held);
        if self.overdrawn {
            self.budget.shared.overdraft.add_permits(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use futures_util::future::join_all;

    use super::*;

    /// What of a future is there without waiting.
    fn now<T>(future: impl Future<Output = T>) -> Option<T> {
        future.now_or_never()
    }

    #[test]
    fn no_more_is_held_than_there_is_and_what_is_dropped_is_free_again() {
        let budget = Budget::new(100);
        let first = now(budget.take(60)).expect("free");
        assert!(now(budget.take(41)).is_none(), "41 of 40");
        let second = now(budget.take(40)).expect("free");
        drop(first);
        assert_eq!(budget.free(), 60);
        drop(second);
        assert_eq!(budget.free(), 100);
    }

    #[test]
    fn who_wants_more_than_all_waits_for_all_and_has_it_alone() {
        let budget = Budget::new(100);
        let small = now(budget.take(1)).expect("free");
        assert!(now(budget.take(1_000)).is_none(), "somebody holds a byte");
        drop(small);
        let big = now(budget.take(1_000)).expect("all is free");
        assert_eq!(big.bytes(), 1_000);
        assert!(now(budget.take(1)).is_none(), "it is alone");
        drop(big);
        assert_eq!(budget.free(), 100);
    }

    #[test]
    fn one_that_grows_beyond_the_budget_goes_on_and_the_others_wait() {
        let budget = Budget::new(100);
        let mut first = now(budget.take(50)).expect("free");
        let mut second = now(budget.take(50)).expect("free");
        now(first.grow(30)).expect("it has the overdraft");
        now(first.grow(30)).expect("and keeps it");
        assert!(now(second.grow(1)).is_none(), "only one may");
        assert_eq!(first.bytes(), 110);
        drop(first);
        now(second.grow(10)).expect("50 are free again");
        assert_eq!((second.bytes(), budget.free()), (60, 40));
    }

    #[test]
    fn the_overdraft_passes_on_with_what_is_merged_and_comes_back_in_the_end() {
        let budget = Budget::new(10);
        let mut first = now(budget.take(10)).expect("free");
        now(first.grow(5)).expect("overdraft");
        let mut sum = budget.nothing();
        sum.merge(first);
        assert_eq!(sum.bytes(), 15);
        sum.shrink_to(12);
        assert_eq!((sum.bytes(), budget.free()), (12, 0));
        sum.shrink_to(4);
        assert_eq!((sum.bytes(), budget.free()), (4, 6));
        drop(sum);
        let mut again = now(budget.take(10)).expect("all is free");
        now(again.grow(1)).expect("the overdraft is free too");
    }

    #[test]
    fn holders_that_all_want_more_end_one_after_the_other() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let budget = Budget::new(100);
        let work = join_all((0..50).map(|_| async {
            let mut permit = budget.take(10).await;
            for _ in 0..9 {
                permit.grow(10).await;
                tokio::task::yield_now().await;
            }
            permit.bytes()
        }));
        let held = runtime.block_on(work);
        assert_eq!(held, vec![100; 50]);
        assert_eq!(budget.free(), 100);
    }

    #[test]
    fn a_wait_that_is_given_up_holds_nothing() {
        let budget = Budget::new(10);
        let mut held = now(budget.take(10)).expect("free");
        assert!(now(budget.take(5)).is_none());
        let mut other = budget.nothing();
        now(held.grow(1)).expect("overdraft");
        assert!(now(other.grow(5)).is_none());
        drop(held);
        assert_eq!(budget.free(), 10);
    }
}
