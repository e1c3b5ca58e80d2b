//! What the connector and the wire know of the exchange that is polling them.
//!
//! awc keeps its connections behind a pool and gives a connector nothing but a URI, so an exchange
//! makes itself known to them by a thread-local that is set only while it is being polled. That is
//! exact: whatever a poll of an exchange does, it does on this thread before the poll returns.

use std::cell::{Cell, RefCell};
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use super::capture::Capture;
use super::idle::Slot;
use super::places::{Place, Places};
use super::throttle::Rates;
use super::way::Way;
use super::{FetchError, Limits, Micros};
use crate::clock::Clock;
use crate::domain::Millis;
use crate::domain::outcome::Reason;

/// No rest of our own is longer: a day.
const LONGEST_REST: Millis = 24 * 3_600_000;

thread_local! {
    static CURRENT: RefCell<Option<Rc<Scope>>> = const { RefCell::new(None) };
}

/// What an exchange is waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The addresses of the host.
    Lookup,
    /// A TCP connection, and what a proxy wants to hear.
    Connect,
    /// The TLS handshake.
    Tls,
    /// The response head.
    Head,
    /// The next piece of the body.
    Body,
}

/// One exchange, as the layers below see it.
#[derive(Debug)]
pub(super) struct Scope {
    /// The clock.
    pub(super) clock: Clock,
    /// Limits of the request.
    pub(super) limits: Limits,
    /// How it gets to its server.
    pub(super) way: Way,
    /// Was a new connection asked for?
    pub(super) fresh: Cell<bool>,
    /// Did the wire see its end?
    pub(super) eof: Cell<bool>,
    /// How fast it may be read, where that is limited.
    pub(super) rates: Option<Rates>,
    /// The connection that carries the request.
    pub(super) slot: RefCell<Option<Rc<Slot>>>,
    /// What goes over the wire, if that is to be kept.
    capture: Option<RefCell<Capture>>,
    /// Why no connection could be had.
    pub(super) failure: RefCell<Option<FetchError>>,
    /// Places at addresses.
    pub(super) places: Places,
    place: RefCell<Option<Place>>,
    crowded: Cell<Option<IpAddr>>,
    sent: Cell<Option<Micros>>,
    phase: Cell<Phase>,
    due: Cell<Millis>,
    total_due: Cell<Millis>,
}

impl Scope {
    /// An exchange that begins now.
    pub(super) fn new(
        clock: Clock,
        limits: Limits,
        way: Way,
        rates: Option<Rates>,
        places: Places,
        capture: Option<Capture>,
        now: Millis,
    ) -> Rc<Self> {
        // How much a proxy does at once is not for us to count.
        let places = if way.proxy.is_some() { Places::default() } else { places };
        Rc::new(Self {
            clock,
            limits,
            way,
            fresh: Cell::new(false),
            eof: Cell::new(false),
            rates,
            slot: RefCell::new(None),
            capture: capture.map(RefCell::new),
            failure: RefCell::new(None),
            places,
            place: RefCell::new(None),
            crowded: Cell::new(None),
            sent: Cell::new(None),
            phase: Cell::new(Phase::Lookup),
            due: Cell::new(after(now, limits.connect)),
            total_due: Cell::new(after(now, limits.total)),
        })
    }

    /// What is being waited for.
    pub(super) fn phase(&self) -> Phase {
        self.phase.get()
    }

    /// A phase begins (or, for the body, begins anew with each piece).
    pub(super) fn begin(&self, phase: Phase, now: Millis) {
        let limit = match phase {
            Phase::Lookup | Phase::Connect => self.limits.connect,
            Phase::Tls => self.limits.tls,
            Phase::Head => self.limits.head,
            Phase::Body => self.limits.idle,
        };
        self.phase.set(phase);
        self.due.set(after(now, limit));
    }

    /// The host's addresses are known: what is left of the time is for connecting.
    pub(super) fn begin_connecting(&self) {
        self.phase.set(Phase::Connect);
    }

    /// The exchange has this place.
    pub(super) fn settle_at(&self, place: Place) {
        self.place.replace(Some(place));
    }

    /// A connection to `address` is about to carry the request: has the exchange a place there, or
    /// does it get one?
    pub(super) fn has_place(&self, address: IpAddr) -> bool {
        if self.place.borrow().as_ref().is_some_and(|place| place.address() == address) {
            return true;
        }
        let place = self.places.take(address);
        let found = place.is_some();
        if let Some(place) = place {
            self.settle_at(place);
        } else {
            self.failure.replace(Some(self.turn_away(address)));
        }
        found
    }

    /// There is no place at this address.
    pub(super) fn turn_away(&self, address: IpAddr) -> FetchError {
        self.crowded.set(Some(address));
        FetchError::new(Reason::Unreachable, format!("{address}: no place"))
    }

    /// Where the exchange has its place, or has found none; `None` for one that goes through a
    /// proxy.
    pub(super) fn address(&self) -> Option<IpAddr> {
        let place = self.place.borrow();
        let address = self.crowded.get().or_else(|| place.as_ref().map(Place::address));
        address.filter(|_| self.way.proxy.is_none())
    }

    /// Was it turned away for want of a place?
    pub(super) fn crowded(&self) -> bool {
        self.crowded.get().is_some()
    }

    /// A connection is about to carry the request.
    pub(super) fn carried_by(&self, slot: &Rc<Slot>) {
        self.slot.replace(Some(Rc::clone(slot)));
    }

    /// Bytes of the request went out; the first ones are the moment of sending.
    pub(super) fn mark_sent(&self) {
        if self.sent.get().is_none() {
            let now = self.clock.micros();
            self.sent.set(Some(now));
            self.begin(Phase::Head, now / 1000);
        }
    }

    /// Keeps what goes over the wire, if that is wanted.
    pub(super) fn capture(&self, keep: impl FnOnce(&mut Capture)) {
        if let Some(capture) = &self.capture {
            keep(&mut capture.borrow_mut());
        }
    }

    /// What went over the wire, taken out.
    pub(super) fn captured(&self) -> Option<Capture> {
        self.capture.as_ref().map(RefCell::take)
    }

    /// Bytes of memory that it takes.
    pub(super) fn captured_bytes(&self) -> usize {
        self.capture.as_ref().map_or(0, |capture| capture.borrow().body.capacity())
    }

    /// The moment of sending.
    pub(super) fn sent(&self) -> Option<Micros> {
        self.sent.get()
    }

    /// Was the request given to a connection that had been used before?
    pub(super) fn reused(&self) -> bool {
        !self.fresh.get() && self.slot.borrow().is_some()
    }

    /// Waits for something of our own in the midst of a body: no patience ends in the meantime, and
    /// afterwards the server has as much time as before.
    pub(super) async fn rest(&self, wait: impl Future<Output = ()>) {
        let (since, total_due) = (self.clock.now(), self.total_due.get());
        self.due.set(since.saturating_add(LONGEST_REST));
        self.total_due.set(since.saturating_add(LONGEST_REST));
        wait.await;
        let now = self.clock.now();
        self.total_due.set(total_due.saturating_add(now - since));
        self.begin(Phase::Body, now);
    }

    /// When patience ends next.
    pub(super) fn due(&self) -> Millis {
        self.due.get().min(self.total_due.get())
    }

    /// The error of patience that has ended.
    pub(super) fn timeout(&self) -> FetchError {
        // Where both end together the phase says more: a host that cannot be reached is no slow page.
        let (reason, what) = if self.total_due.get() < self.due.get() {
            (Reason::TimeoutTotal, ("exchange unfinished", self.limits.total))
        } else {
            self.phase_timeout()
        };
        FetchError::new(reason, format!("{} after {} ms", what.0, what.1.as_millis()))
    }

    fn phase_timeout(&self) -> (Reason, (&'static str, Duration)) {
        match self.phase.get() {
            Phase::Lookup => (Reason::TimeoutConnect, ("no address", self.limits.connect)),
            Phase::Connect => (Reason::TimeoutConnect, ("no connection", self.limits.connect)),
            Phase::Tls => (Reason::TimeoutTls, ("no TLS handshake", self.limits.tls)),
            Phase::Head => (Reason::TimeoutHead, ("no response head", self.limits.head)),
            Phase::Body => (Reason::TimeoutIdle, ("body silent", self.limits.idle)),
        }
    }
}

fn after(now: Millis, span: Duration) -> Millis {
    now.saturating_add(Millis::try_from(span.as_millis()).unwrap_or(Millis::MAX))
}

/// The exchange being polled on this thread.
pub(super) fn current() -> Option<Rc<Scope>> {
    CURRENT.with_borrow(Clone::clone)
}

/// Makes `scope` the current one until the guard is dropped.
pub(super) fn enter(scope: &Rc<Scope>) -> Entered {
    Entered(CURRENT.replace(Some(Rc::clone(scope))))
}

/// Puts back what was current before.
pub(super) struct Entered(Option<Rc<Scope>>);

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.replace(self.0.take());
    }
}
