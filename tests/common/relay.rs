//! Proxies under the test's control. Every name they are given is 127.0.0.1 to them.
#![allow(dead_code, reason = "each test uses its own part")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What a proxy was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Passed {
    /// `host:port` as it was given, IPv6 in brackets.
    pub(crate) target: String,
    /// Was it given as an address?
    pub(crate) by_address: bool,
    /// User and password.
    pub(crate) credentials: Option<(String, String)>,
    /// The whole head, of an HTTP proxy.
    pub(crate) head: String,
}

/// A proxy that works.
pub(crate) struct Relay {
    address: SocketAddr,
    log: Arc<Mutex<Vec<Passed>>>,
}

impl Relay {
    /// An HTTP proxy: CONNECT, and absolute form with one target for each connection. It asks for
    /// credentials if any are given here.
    pub(crate) fn http(wanted: Option<(&str, &str)>) -> Self {
        let wanted = wanted.map(|(user, password)| format!("{user}:{password}"));
        Self::start(move |client, log| http(client, wanted.as_deref(), log))
    }

    /// A SOCKS5 proxy, with these credentials or without any.
    pub(crate) fn socks(wanted: Option<(&str, &str)>) -> Self {
        let wanted = wanted.map(|(user, password)| (user.to_owned(), password.to_owned()));
        Self::start(move |client, log| socks(client, wanted.as_ref(), log))
    }

    fn start(
        serve: impl Fn(TcpStream, &Mutex<Vec<Passed>>) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let (passed, serve) = (Arc::clone(&log), Arc::new(serve));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (passed, serve) = (Arc::clone(&passed), Arc::clone(&serve));
                // A client that goes away in mid-word is none of the proxy's concern.
                thread::spawn(move || drop(serve(client, &passed)));
            }
        });
        Self { address, log }
    }

    /// `host:port`.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Everything it was asked, in order.
    pub(crate) fn passed(&self) -> Vec<Passed> {
        self.log.lock().unwrap().clone()
    }

    /// The targets that it was asked for, in order.
    pub(crate) fn targets(&self) -> Vec<String> {
        self.passed().into_iter().map(|passed| passed.target).collect()
    }
}

fn http(mut client: TcpStream, wanted: Option<&str>, log: &Mutex<Vec<Passed>>) -> io::Result<()> {
    let head = read_head(&mut client)?;
    let word = head.split(' ').nth(1).unwrap_or_default();
    let connect = head.starts_with("CONNECT ");
    let target = word.trim_start_matches("http://").split('/').next().unwrap_or_default();
    let port = target.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or(80);
    let given = head.lines().find_map(|line| line.strip_prefix("Proxy-Authorization: Basic "));
    let given =
        given.or_else(|| head.lines().find_map(|l| l.strip_prefix("proxy-authorization: Basic ")));
    let given = given.map(decode);
    let credentials = given.as_deref().and_then(|both| both.split_once(':'));
    log.lock().unwrap().push(Passed {
        target: target.to_owned(),
        by_address: target.starts_with(|c: char| c == '[' || c.is_ascii_digit()),
        credentials: credentials.map(|(user, password)| (user.to_owned(), password.to_owned())),
        head: head.clone(),
    });
    if wanted.is_some() && given.as_deref() != wanted {
        let challenge = "Proxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 4\r\n\r\nnope";
        client.write_all(format!("HTTP/1.1 407 Who are you\r\n{challenge}").as_bytes())?;
        // So that the answer is not lost in a reset.
        client.shutdown(Shutdown::Write)?;
        return io::copy(&mut client, &mut io::sink()).map(|_| ());
    }
    let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    if connect {
        client.write_all(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n")?;
    } else {
        server.write_all(head.as_bytes())?;
    }
    join(client, server)
}

fn read_head(from: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        from.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// Base64, read by a table of its own.
fn decode(text: &str) -> String {
    const TABLE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits = 0_u32;
    let mut held = 0;
    let mut bytes = Vec::new();
    for digit in text.trim().bytes().filter(|byte| *byte != b'=') {
        let value = TABLE.iter().position(|known| *known == digit).unwrap();
        bits = bits << 6 | u32::try_from(value).unwrap();
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).unwrap());
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// RFC 1928, with RFC 1929 when credentials are wanted.
fn socks(
    mut client: TcpStream,
    wanted: Option<&(String, String)>,
    log: &Mutex<Vec<Passed>>,
) -> io::Result<()> {
    let [version, count] = read(&mut client)?;
    let methods = read_some(&mut client, count)?;
    let method = if wanted.is_some() { 2 } else { 0 };
    if version != 5 || !methods.contains(&method) {
        return client.write_all(&[5, 0xff]);
    }
    client.write_all(&[5, method])?;
    let mut credentials = None;
    if wanted.is_some() {
        let [_, length] = read(&mut client)?;
        let user = text(read_some(&mut client, length)?);
        let [length] = read(&mut client)?;
        credentials = Some((user, text(read_some(&mut client, length)?)));
        if credentials.as_ref() != wanted {
            return client.write_all(&[1, 1]);
        }
        client.write_all(&[1, 0])?;
    }
    let [_, _, _, kind] = read(&mut client)?;
    let host = match kind {
        1 => IpAddr::V4(Ipv4Addr::from(read::<4>(&mut client)?)).to_string(),
        4 => format!("[{}]", Ipv6Addr::from(read::<16>(&mut client)?)),
        _ => {
            let [length] = read(&mut client)?;
            text(read_some(&mut client, length)?)
        }
    };
    let port = u16::from_be_bytes(read(&mut client)?);
    let target = format!("{host}:{port}");
    let passed = Passed { target, by_address: kind != 3, credentials, head: String::new() };
    log.lock().unwrap().push(passed);
    let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else {
        return client.write_all(&[5, 5, 0, 1, 0, 0, 0, 0, 0, 0]);
    };
    client.write_all(&[5, 0, 0, 3, 4, b'h', b'e', b'r', b'e', 0, 99])?;
    join(client, server)
}

fn read<const N: usize>(from: &mut TcpStream) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn read_some(from: &mut TcpStream, count: u8) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::from(count)];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// Passes bytes both ways until both sides have ended.
fn join(client: TcpStream, server: TcpStream) -> io::Result<()> {
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    let there = thread::spawn(move || {
        let copied = io::copy(&mut from, &mut to);
        // Gone already is as good.
        drop(to.shutdown(Shutdown::Write));
        copied
    });
    let (mut from, mut to) = (server, client);
    let back = io::copy(&mut from, &mut to);
    drop(to.shutdown(Shutdown::Write));
    drop(there.join());
    back.map(|_| ())
}
