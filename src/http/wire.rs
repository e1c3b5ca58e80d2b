//! The stream that awc reads and writes: a socket whose oddities have been dealt with.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_rt::net::{ActixStream, Ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::capture::Capture;
use super::head_repair::{HeadScan, Verdict};
use super::idle::{Slot, Socket};
use super::scope;

/// Bytes read at a time while a head is incomplete.
const PIECE: usize = 4096;

/// A connection to a server.
pub(super) struct Wire {
    slot: Rc<Slot>,
    reading: Reading,
}

enum Reading {
    /// The head of an answer, of which `held` has come.
    Head { scan: HeadScan, held: Vec<u8> },
    /// Repaired bytes to be handed on before the socket is read again.
    Held { bytes: Vec<u8>, from: usize },
    /// Whatever comes.
    Through,
}

impl Wire {
    /// A wire on a new connection.
    pub(super) fn new(slot: Rc<Slot>) -> Self {
        Self { slot, reading: Reading::Through }
    }

    fn read_socket(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<usize>> {
        let before = buf.filled().len();
        let read = self.slot.with(|socket| match socket.get_mut() {
            Socket::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Socket::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
        });
        match read {
            Some(Poll::Pending) => return Poll::Pending,
            // TLS closed without saying so: for the framing an end like any other.
            Some(Poll::Ready(Err(error))) if error.kind() == io::ErrorKind::UnexpectedEof => {}
            Some(Poll::Ready(Err(error))) => return Poll::Ready(Err(error)),
            None | Some(Poll::Ready(Ok(()))) => {}
        }
        let count = buf.filled().len() - before;
        if let Some(scope) = scope::current() {
            if count == 0 {
                scope.eof.set(true);
            } else if let Some(rates) = &scope.rates {
                rates.spend(count, scope.clock.micros());
            }
        }
        Poll::Ready(Ok(count))
    }

    /// The usual case: the whole head comes with the first read and is repaired where it lies.
    /// `Ready(true)`: there are bytes for awc, or the end.
    fn read_first(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<bool>> {
        let start = buf.filled().len();
        let count = ready!(self.read_socket(cx, buf))?;
        let Reading::Head { scan, held } = &mut self.reading else {
            return Poll::Ready(Ok(true));
        };
        let bytes = buf.filled_mut().get_mut(start..).unwrap_or_default();
        match scan.feed(bytes) {
            _ if count == 0 => {}
            Verdict::Incomplete => {
                held.extend_from_slice(bytes);
                buf.set_filled(start);
                return Poll::Ready(Ok(false));
            }
            Verdict::Complete { skip } => {
                captured(&self.slot, scan, bytes, skip);
                bytes.copy_within(skip.., 0);
                buf.set_filled(start + count - skip);
                self.head_is_over();
            }
            Verdict::Strange => self.reading = Reading::Through,
        }
        Poll::Ready(Ok(true))
    }

    /// The rest of a head that came in pieces. `Ready(true)`: the end came first.
    fn read_more(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut piece = [0; PIECE];
        let mut piece = ReadBuf::new(&mut piece);
        let count = ready!(self.read_socket(cx, &mut piece))?;
        let Reading::Head { scan, held } = &mut self.reading else {
            return Poll::Ready(Ok(false));
        };
        held.extend_from_slice(piece.filled());
        let verdict = if count == 0 { Verdict::Incomplete } else { scan.feed(held) };
        let from = match verdict {
            Verdict::Incomplete => return Poll::Ready(Ok(count == 0)),
            Verdict::Complete { skip } => skip,
            Verdict::Strange => 0,
        };
        let bytes = std::mem::take(held);
        if let Verdict::Complete { skip } = verdict {
            captured(&self.slot, scan, &bytes, skip);
        }
        if matches!(verdict, Verdict::Complete { .. }) {
            self.head_is_over();
        }
        self.reading = Reading::Held { bytes, from };
        Poll::Ready(Ok(false))
    }

    fn head_is_over(&mut self) {
        if let Reading::Head { scan, .. } = &self.reading
            && !scan.is_persistent()
        {
            self.slot.retire();
        }
        self.reading = Reading::Through;
    }

    /// Hands on held bytes.
    fn give(&mut self, buf: &mut ReadBuf<'_>) {
        if let Reading::Held { bytes, from } = &mut self.reading {
            let rest = bytes.get(*from..).unwrap_or_default();
            let count = rest.len().min(buf.remaining());
            buf.put_slice(rest.get(..count).unwrap_or_default());
            *from += count;
            if *from >= bytes.len() {
                self.reading = Reading::Through;
            }
        }
    }
}

/// Keeps a head that is complete, if the exchange is kept.
fn captured(slot: &Slot, scan: &HeadScan, bytes: &[u8], skip: usize) {
    let Some(scope) = scope::current() else { return };
    scope.capture(|capture| {
        let (end, lowered) = scan.repaired();
        let head = bytes.get(skip..end).unwrap_or_default();
        capture.take_head(head, lowered, slot.with(|socket| socket.peer()).flatten());
    });
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            match &this.reading {
                Reading::Through => return this.read_socket(cx, buf).map_ok(|_| ()),
                Reading::Held { .. } => {
                    this.give(buf);
                    return Poll::Ready(Ok(()));
                }
                Reading::Head { held, .. } if held.is_empty() => {
                    if ready!(this.read_first(cx, buf))? {
                        return Poll::Ready(Ok(()));
                    }
                }
                Reading::Head { .. } => {
                    if ready!(this.read_more(cx))? {
                        return Poll::Ready(Ok(()));
                    }
                }
            }
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let scope = scope::current();
        if let Some(scope) = &scope {
            if this.slot.address().is_some_and(|address| !scope.has_place(address)) {
                return Poll::Ready(Err(io::ErrorKind::ResourceBusy.into()));
            }
            scope.carried_by(&this.slot);
        }
        this.slot.wake();
        if !matches!(this.reading, Reading::Head { .. }) {
            this.reading = Reading::Head { scan: HeadScan::default(), held: Vec::new() };
            if let Some(scope) = &scope {
                scope.capture(Capture::restart);
            }
        }
        let written = this.slot.with(|socket| match socket.get_mut() {
            Socket::Plain(tcp) => Pin::new(tcp).poll_write(cx, bytes),
            Socket::Tls(tls) => Pin::new(tls).poll_write(cx, bytes),
        });
        let count =
            ready!(written.unwrap_or(Poll::Ready(Err(io::ErrorKind::NotConnected.into()))))?;
        if let Some(scope) = scope
            && count > 0
        {
            scope.mark_sent();
            scope.capture(|capture| {
                capture.request.extend_from_slice(bytes.get(..count).unwrap_or_default());
            });
        }
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = self.slot.with(|socket| match socket.get_mut() {
            Socket::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Socket::Tls(tls) => Pin::new(tls).poll_flush(cx),
        });
        flushed.unwrap_or(Poll::Ready(Ok(())))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = self.slot.with(|socket| match socket.get_mut() {
            Socket::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Socket::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        });
        shut.unwrap_or(Poll::Ready(Ok(())))
    }
}

impl ActixStream for Wire {
    // awc asks for this trait but never calls it: it reads and writes at once.
    fn poll_read_ready(&self, _: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        Poll::Ready(Ok(Ready::READABLE))
    }

    fn poll_write_ready(&self, _: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        Poll::Ready(Ok(Ready::WRITABLE))
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.slot.close();
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("slot", &self.slot).finish_non_exhaustive()
    }
}
