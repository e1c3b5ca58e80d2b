//! The addresses of the simulated web.

use std::net::IpAddr;

use super::{HostKey, Sent, World};

/// The addresses of the simulated web, and how many places are said to be where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Map {
    pub(super) addresses: usize,
    pub(super) per_address: usize,
    pub(super) unreached: usize,
}

impl World {
    pub(super) fn address_of(&self, host: HostKey) -> IpAddr {
        let number = host.0.cast_unsigned() % self.map.addresses as u64;
        IpAddr::from([10, 0, 0, u8::try_from(number).expect("few addresses")])
    }

    /// Takes a place at the host's address, if there is one.
    pub(super) fn takes_place(&mut self, host: HostKey) -> bool {
        let places = self.at_address.entry(self.address_of(host)).or_insert(0);
        let free = self.map.per_address == 0 || *places < self.map.per_address;
        *places += usize::from(free);
        free
    }

    /// A request was turned away, or has ended and gives its place back. Mostly its address is
    /// told; a worker that died says nothing.
    pub(super) fn leave_place(&mut self, sent: &Sent) {
        let address = self.address_of(sent.host);
        if !sent.crowded {
            *self.at_address.get_mut(&address).expect("taken") -= 1;
        }
        if sent.crowded || self.luck(10) > 0 {
            self.window.seen_at(sent.host, address);
            self.reached.insert(sent.host);
        }
    }
}
