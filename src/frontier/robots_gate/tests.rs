//! The gate over days and redirects, in virtual time.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use super::*;
use crate::domain::politeness::Pause;

const NOW: Millis = 1_800_000_000_000;
const DAY: Millis = 24 * 3_600_000;

fn errand() -> RobotsErrand {
    let url = CanonicalUrl::parse("http://h.example/robots.txt").unwrap();
    RobotsErrand {
        origin: url.origin().to_owned(),
        home: url.host_key(),
        job: JobId(1),
        url,
        hops: 0,
        pace: Pace {
            delay: 0,
            per_host: 1,
            max_retry_after: DAY,
            host_patience: DAY,
            persistence: 0,
            max_tries: 4,
            latency_factor: 0,
            max_delay: DAY,
            pause: Pause::default(),
        },
    }
}

fn status(status: u16) -> RobotsAnswer {
    RobotsAnswer { status: Some(status), ..RobotsAnswer::default() }
}

fn rules(text: &str) -> RobotsAnswer {
    RobotsAnswer { body: text.as_bytes().to_vec(), ..status(200) }
}

fn passage(gate: &RobotsGate, now: Millis) -> Passage {
    gate.passage("crawld", "/no", now)
}

/// A gate that has been given this answer at `NOW`, and stored it.
fn answered(answer: &RobotsAnswer) -> RobotsGate {
    let mut gate = RobotsGate::new("http://h.example");
    gate.asking();
    assert_eq!(passage(&gate, NOW), Passage::Wait);
    assert!(matches!(gate.answered(&errand(), answer, 4, NOW, 0), Next::Store(_)));
    assert_eq!(passage(&gate, NOW), Passage::Wait, "not before it is stored");
    gate.stored_now();
    gate
}

#[test]
fn rules_are_used_for_a_day_and_then_asked_for_again() {
    let gate = answered(&rules("User-agent: *\nDisallow: /no"));
    for later in [0, DAY - 1] {
        assert!(matches!(passage(&gate, NOW + later), Passage::Closed(_)));
        assert_eq!(gate.passage("crawld", "/yes", NOW + later), Passage::Open);
    }
    assert_eq!(passage(&gate, NOW + DAY), Passage::AskFirst);
}

#[test]
fn stored_rules_are_used_until_their_end_and_no_longer_than_a_day_whatever_the_clock_said() {
    let row = |expires_at| RobotsRow {
        origin: "http://h.example".to_owned(),
        host: errand().home,
        fetched_at: NOW,
        expires_at,
        status: Some(200),
        body: Some("User-agent: *\nDisallow: /no".to_owned()),
    };
    for (expires_at, end) in [(NOW + 5, NOW + 5), (NOW + 1000 * DAY, NOW + DAY)] {
        let gate = RobotsGate::stored(&row(expires_at), NOW);
        assert!(matches!(passage(&gate, end - 1), Passage::Closed(_)));
        assert_eq!(passage(&gate, end), Passage::AskFirst);
    }
}

#[test]
fn five_redirects_are_followed_and_the_sixth_counts_as_no_robots_txt() {
    let mut gate = RobotsGate::new("http://h.example");
    let moved = RobotsAnswer { location: Some("/on".to_owned()), ..status(301) };
    for hops in 0..5 {
        let errand = RobotsErrand { hops, ..errand() };
        let next = gate.answered(&errand, &moved, 4, NOW, 0);
        assert!(matches!(&next, Next::Follow(url) if url.as_str() == "http://h.example/on"));
    }
    let sixth = RobotsErrand { hops: 5, ..errand() };
    assert!(matches!(gate.answered(&sixth, &moved, 4, NOW, 0), Next::Store(_)));
    gate.stored_now();
    assert_eq!(passage(&gate, NOW), Passage::Open);
}

#[test]
fn one_out_of_reach_forbids_all_is_tried_again_and_heals() {
    let mut gate = RobotsGate::new("http://h.example");
    let mut now = NOW;
    for tries in 1..4 {
        assert_eq!(gate.answered(&errand(), &status(500), 4, now, 0), Next::Later);
        let Passage::WaitUntil(at) = passage(&gate, now) else { panic!("try {tries} waits") };
        assert!(at > now);
        assert_eq!(passage(&gate, at), Passage::AskFirst);
        now = at;
    }
    assert_eq!(gate.answered(&errand(), &status(502), 4, now, 0), Next::Later);
    let Passage::Unavailable(reason, evidence) = passage(&gate, now) else { panic!("given up") };
    assert_eq!(reason, Reason::RobotsUnavailable);
    assert!(evidence.ends_with("/robots.txt: http_502"), "{evidence}");
    // A day later it is asked again, and has healed.
    assert_eq!(passage(&gate, now + DAY), Passage::AskFirst);
    let healed = rules("User-agent: *\nDisallow: /no");
    assert!(matches!(gate.answered(&errand(), &healed, 4, now + DAY, 0), Next::Store(_)));
    gate.stored_now();
    assert_eq!(gate.passage("crawld", "/yes", now + DAY), Passage::Open);
}
