//! A name server under the test's control, on loopback, over UDP.
#![allow(dead_code, reason = "each test uses its own part")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};
use std::thread;

/// What is said to a question.
#[derive(Debug, Clone)]
pub(crate) enum Say {
    /// These addresses (those of the kind asked for), to be believed for so many seconds.
    Addresses(Vec<IpAddr>, u32),
    /// There is no such name, to be believed for so many seconds.
    NoSuchName(u32),
    /// The server has failed.
    Failure,
    /// Nothing.
    Silence,
}

impl Say {
    /// These addresses, for a minute.
    pub(crate) fn at(addresses: &[&str]) -> Self {
        Self::Addresses(addresses.iter().map(|ip| ip.parse().unwrap()).collect(), 60)
    }
}

/// A question as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    /// In lower case, without the dot at the end.
    pub(crate) name: String,
    /// Was it for IPv6 addresses?
    pub(crate) six: bool,
}

/// The name server; its thread ends when it is dropped.
pub(crate) struct NameServer {
    address: SocketAddr,
    log: Arc<Mutex<Vec<Question>>>,
}

impl NameServer {
    /// Answers each question by `say`, which is told how often that question came before.
    pub(crate) fn start(say: impl Fn(&Question, usize) -> Say + Send + 'static) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let log: Arc<Mutex<Vec<Question>>> = Arc::default();
        let theirs = Arc::clone(&log);
        thread::spawn(move || {
            let mut packet = [0; 4096];
            loop {
                let (length, from) = socket.recv_from(&mut packet).unwrap();
                if length == 0 {
                    return;
                }
                let question = read_question(&packet[..length]);
                let before = {
                    let mut log = theirs.lock().unwrap();
                    let before = log.iter().filter(|known| **known == question).count();
                    log.push(question.clone());
                    before
                };
                let said = say(&question, before);
                if let Some(reply) = reply(&packet[..length], &question, &said) {
                    // Who asked may be gone.
                    drop(socket.send_to(&reply, from));
                }
            }
        });
        Self { address, log }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Every question so far.
    pub(crate) fn asked(&self) -> Vec<Question> {
        self.log.lock().unwrap().clone()
    }

    /// How often the IPv4 addresses of a name were asked for.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.asked().iter().filter(|question| question.name == name && !question.six).count()
    }

    /// `[http]` with this name server, as a configuration.
    pub(crate) fn configuration(&self) -> String {
        format!("[http]\ndns_servers = [\"{}\"]\n", self.address)
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        drop(socket.send_to(&[], self.address));
    }
}

/// Where the question ends: after the name, type and class.
fn question_end(packet: &[u8]) -> usize {
    let mut at = 12;
    while packet[at] != 0 {
        at += 1 + usize::from(packet[at]);
    }
    at + 5
}

fn read_question(packet: &[u8]) -> Question {
    let end = question_end(packet);
    let mut labels = Vec::new();
    let mut at = 12;
    while packet[at] != 0 {
        let length = usize::from(packet[at]);
        labels.push(String::from_utf8_lossy(&packet[at + 1..=at + length]).to_ascii_lowercase());
        at += 1 + length;
    }
    Question { name: labels.join("."), six: packet[end - 3] == 28 }
}

/// The reply to a question, as in RFC 1035, section 4.1.
fn reply(packet: &[u8], question: &Question, say: &Say) -> Option<Vec<u8>> {
    let (code, addresses, ttl) = match say {
        Say::Silence => return None,
        Say::Addresses(all, ttl) => (0, all.clone(), *ttl),
        Say::NoSuchName(ttl) => (3, Vec::new(), *ttl),
        Say::Failure => (2, Vec::new(), 0),
    };
    let fitting: Vec<IpAddr> =
        addresses.into_iter().filter(|ip| ip.is_ipv6() == question.six).collect();
    let authority = u8::from(fitting.is_empty() && code != 2);
    let answers = u8::try_from(fitting.len()).unwrap();
    let mut out = packet[..2].to_vec();
    out.extend([0x81, 0x80 | code, 0, 1, 0, answers, 0, authority, 0, 0]);
    out.extend(&packet[12..question_end(packet)]);
    for ip in fitting {
        let data = match ip {
            IpAddr::V4(ip) => ip.octets().to_vec(),
            IpAddr::V6(ip) => ip.octets().to_vec(),
        };
        record(&mut out, &[0xc0, 12], if question.six { 28 } else { 1 }, ttl, &data);
    }
    if authority == 1 {
        // SOA of the root: two names, serial, refresh, retry, expire, and how long "no" is true.
        let mut data = vec![0, 0];
        data.extend([0; 16]);
        data.extend(ttl.to_be_bytes());
        record(&mut out, &[0], 6, ttl, &data);
    }
    Some(out)
}

fn record(out: &mut Vec<u8>, name: &[u8], kind: u8, ttl: u32, data: &[u8]) {
    out.extend(name);
    out.extend([0, kind, 0, 1]);
    out.extend(ttl.to_be_bytes());
    out.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
    out.extend(data);
}
