//! A lean HTTP/1.1 client: in a bench, what it spends itself would hide what is measured.

use std::fmt;
use std::net::Ipv4Addr;

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

/// A kept-alive connection.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What was answered.
#[derive(Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The status line and the headers.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
}

/// Nobody has answered a word.
#[derive(Clone, Copy, Debug)]
pub struct Unheard;

impl fmt::Display for Unheard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a word of an answer")
    }
}

impl Reply {
    /// The body as JSON, or what was answered instead of the expected status.
    pub fn json(self, expected: u16) -> Result<serde_json::Value> {
        if self.status != expected {
            bail!("answered {} instead of {expected}: {}", self.status, String::from_utf8_lossy(&self.body));
        }
        Ok(serde_json::from_slice(&self.body)?)
    }

    /// The session cookie that was set, as it goes back.
    pub fn session(&self) -> Option<String> {
        let line =
            self.head.lines().find(|line| line.to_ascii_lowercase().starts_with("set-cookie: __host-session="))?;
        let (_, value) = line.split_once(':')?;
        value.split(';').next().map(|pair| pair.trim().to_owned())
    }
}

impl Connection {
    /// Dials the loopback address. Fails with [`Unheard`] where nobody listens.
    pub async fn open(port: u16) -> Result<Self> {
        Self::over(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.context(Unheard)?)
    }

    /// Dials the loopback address from another of this machine's own: `127.0.1.7`.
    pub async fn open_from(address: Ipv4Addr, port: u16) -> Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((address, 0).into())?;
        Self::over(socket.connect((Ipv4Addr::LOCALHOST, port).into()).await?)
    }

    fn over(stream: TcpStream) -> Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024) })
    }

    /// Sends a piece of a request and waits for nothing.
    pub async fn say(&mut self, piece: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(piece).await?)
    }

    /// Sends a request that was written before, or its last piece, and reads its answer to the end. Fails with [`Unheard`] where the
    /// connection ended before a word of it came.
    pub async fn send(&mut self, request: &[u8]) -> Result<Reply> {
        self.buffer.clear();
        match self.exchange(request).await {
            Err(error) if self.buffer.is_empty() => Err(error.context(Unheard)),
            outcome => outcome,
        }
    }

    async fn exchange(&mut self, request: &[u8]) -> Result<Reply> {
        self.say(request).await?;
        let head = loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end + 4;
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server hung up");
            }
        };
        let text = std::str::from_utf8(self.buffer.get(..head).context("no head")?)?;
        let text = text.to_owned();
        let status = text.get(9..12).context("no status")?.parse()?;
        let length = if status == 204 { 0 } else { content_length(&text).context("no content-length")? };
        while self.buffer.len() < head + length {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server hung up in a body");
            }
        }
        let body = self.buffer.get(head..head + length).unwrap_or_default().to_vec();
        Ok(Reply { status, head: text, body })
    }
}

/// A GET as it goes over the wire.
pub fn get(host: &str, path: &str, cookie: Option<&str>) -> Vec<u8> {
    asked(host, path, "application/json", cookie)
}

/// A GET as a browser sends it over the wire.
pub fn page(host: &str, path: &str, cookie: Option<&str>) -> Vec<u8> {
    asked(host, path, "text/html", cookie)
}

fn asked(host: &str, path: &str, accept: &str, cookie: Option<&str>) -> Vec<u8> {
    let cookie = cookie.map(|cookie| format!("cookie: {cookie}\r\n")).unwrap_or_default();
    format!("GET {path} HTTP/1.1\r\nhost: {host}\r\naccept: {accept}\r\n{cookie}\r\n").into_bytes()
}

/// A JSON POST as it goes over the wire.
pub fn post(host: &str, path: &str, key: &str, cookie: Option<&str>, body: &str) -> Vec<u8> {
    sent("POST", host, path, cookie, &format!("{JSON}idempotency-key: {key}\r\n"), body)
}

/// A JSON POST against the version seen, as it goes over the wire.
pub fn post_seen(host: &str, path: &str, key: &str, version: usize, cookie: &str, body: &str) -> Vec<u8> {
    let headers = format!("{JSON}idempotency-key: {key}\r\nif-match: \"{version}\"\r\n");
    sent("POST", host, path, Some(cookie), &headers, body)
}

/// A JSON POST of somebody who shows a token, as it goes over the wire.
pub fn post_as(token: &str, host: &str, path: &str, key: &str, body: &str) -> Vec<u8> {
    sent("POST", host, path, None, &format!("{JSON}authorization: Bearer {token}\r\nidempotency-key: {key}\r\n"), body)
}

/// A PUT of JSON as it goes over the wire, against the version seen.
pub(crate) fn put(host: &str, path: &str, version: usize, cookie: &str, body: &str) -> Vec<u8> {
    sent("PUT", host, path, Some(cookie), &format!("{JSON}if-match: \"{version}\"\r\n"), body)
}

/// A form as a browser sends it over the wire.
pub fn form(host: &str, path: &str, cookie: Option<&str>, fields: &str) -> Vec<u8> {
    sent("POST", host, path, cookie, "content-type: application/x-www-form-urlencoded\r\n", fields)
}

/// JSON there and back.
const JSON: &str = "accept: application/json\r\ncontent-type: application/json\r\n";

/// What changes something, as it goes over the wire.
fn sent(method: &str, host: &str, path: &str, cookie: Option<&str>, headers: &str, body: &str) -> Vec<u8> {
    let cookie = cookie.map(|cookie| format!("cookie: {cookie}\r\n")).unwrap_or_default();
    format!(
        "{method} {path} HTTP/1.1\r\nhost: {host}\r\norigin: http://{host}\r\n{headers}{cookie}\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn content_length(head: &str) -> Option<usize> {
    head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    })
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
