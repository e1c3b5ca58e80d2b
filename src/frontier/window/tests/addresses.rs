//! The addresses of the simulated web.

use super::*;

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

#[test]
fn a_host_that_has_answered_is_reached_though_nobody_says_where_it_is() {
    for robots in [true, false] {
        let map = Map { addresses: 1, per_address: 8, unreached: 1 };
        let mut world = World::new(0, 0, 0, 1, map, 1);
        world.window.add_job(job(0, 1, robots));
        for host in 0..2 {
            (0..3).for_each(|page| world.know(host, page));
            world.lease(host);
        }
        while let Some(read) = world.window.next_read() {
            let taken = world.read(read);
            world.window.took(read.job, read.host, taken);
        }
        let asks = |world: &mut World| {
            let next = || world.window.next(world.now, &|_| true);
            std::iter::from_fn(next).collect::<Vec<Step>>()
        };
        let mut first = asks(&mut world);
        assert_eq!(first.len(), 1, "one place for hosts that nobody has reached");
        let Some(Step::Ask(host, work)) = first.pop() else { panic!("a request") };
        let moment = Moment { now: world.now, luck: 0, stale: false, renewed: false };
        match work {
            Work::Robots(errand, _) => {
                let answer = RobotsAnswer { status: Some(200), ..RobotsAnswer::default() };
                let row = world.window.robots(host, &errand, &answer, true, moment);
                world.window.robots_stored(&row.expect("to be stored"));
            }
            Work::Page(row, _) => {
                let facts = PageFacts { status: Some(200), ..PageFacts::default() };
                let answer = Answer { facts, ..Answer::default() };
                world.window.settle(row, answer, true, moment).expect("a verdict");
            }
        }
        assert_eq!(asks(&mut world).len(), 2, "it leaves the place to the other");
    }
}

#[test]
fn a_host_that_finds_no_place_for_long_makes_room_for_others_and_comes_later() {
    let map = Map { addresses: 1, per_address: 1, unreached: 0 };
    let mut world = World::new(0, 0, 0, 1, map, 1);
    (0..2).for_each(|host| {
        world.know(host, 0);
        world.lease(host);
    });
    while let Some(read) = world.window.next_read() {
        let taken = world.read(read);
        world.window.took(read.job, read.host, taken);
    }
    let now = world.now;
    let Some(Step::Ask(first, _)) = world.window.next(now, &|_| true) else { panic!("a request") };
    world.window.seen_at(first, world.address_of(first));
    let Some(Step::Ask(second, work)) = world.window.next(now, &|_| true) else {
        panic!("nobody knows yet where it is")
    };
    world.window.seen_at(second, world.address_of(second));
    assert_eq!(world.window.crowded(second, work, true, now), Some(Verdict::Again));
    for later in [now + 1_000, now + 5_000] {
        assert!(world.window.next(later, &|_| true).is_none(), "the place is taken");
        assert!(world.window.give_back(true, later, 9).is_empty());
    }
    assert!(world.window.give_back(false, now + 5_001, 9).is_empty(), "there is room for all");
    let back = world.window.give_back(true, now + 5_001, 9);
    assert_eq!(back.len(), 1);
    assert_eq!((back[0].host.key, back[0].ready_at), (second, now + 10_001));
    world.window.ended(first, JOB, true);
    assert_eq!(world.window.crowd.len(), 0, "nobody waits there any more");
}
