//! Ends an exchange when its patience ends.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use tokio::time::Sleep;

use super::FetchError;
use super::scope::{self, Scope};
use crate::domain::Millis;

/// Runs an exchange within its scope, tells when it is on the wire, and ends it when its patience
/// ends. One timer serves every limit; it is moved when it rings, not when a limit changes.
pub(super) async fn watched<F>(
    mut work: Pin<&mut F>,
    scope: &Rc<Scope>,
    on_sent: Box<dyn FnOnce(Millis) + '_>,
) -> Result<(), FetchError>
where
    F: Future<Output = Result<(), FetchError>>,
{
    let mut on_sent = Some(on_sent);
    let mut set_to = scope.due();
    let mut alarm = pin!(tokio::time::sleep_until(scope.clock.instant(set_to)));
    poll_fn(|cx| {
        let entered = scope::enter(scope);
        let state = work.as_mut().poll(cx);
        drop(entered);
        if let Some(at) = scope.sent()
            && let Some(tell) = on_sent.take()
        {
            // Rounded up: what counts from it may not begin a part of a millisecond early.
            tell((at + 999) / 1000);
        }
        if state.is_pending() {
            ready!(poll_due(alarm.as_mut(), &mut set_to, scope, cx));
            return Poll::Ready(Err(scope.timeout()));
        }
        state
    })
    .await
}

/// Ready when the exchange is overdue. The alarm is set to `set_to`; a deadline that has moved
/// away since is followed when it rings.
fn poll_due(
    mut alarm: Pin<&mut Sleep>,
    set_to: &mut Millis,
    scope: &Scope,
    cx: &mut Context<'_>,
) -> Poll<()> {
    loop {
        let due = scope.due();
        if due < *set_to {
            *set_to = due;
            alarm.as_mut().reset(scope.clock.instant(due));
        }
        ready!(alarm.as_mut().poll(cx));
        if scope.clock.now() >= due {
            return Poll::Ready(());
        }
        *set_to = due;
        alarm.as_mut().reset(scope.clock.instant(due));
    }
}
