//! SMTP (RFC 5321) as far as a sender needs it.
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

use super::inbox::{Fault, Inbox};

/// The largest mail in bytes.
const LARGEST: usize = 10 * 1024 * 1024;

pub(crate) async fn serve(listener: TcpListener, inbox: Inbox) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let inbox = inbox.clone();
                tokio::spawn(async move {
                    if let Err(error) = Talk::new(stream, inbox).run().await {
                        tracing::debug!(error = %error, "an SMTP connection ended badly");
                    }
                });
            }
            Err(error) => {
                tracing::warn!(error = %error, "no SMTP connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

struct Talk {
    reader: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
    inbox: Inbox,
    from: Option<String>,
    to: Vec<String>,
}

enum Next {
    Go,
    Stop,
}

impl Talk {
    fn new(stream: TcpStream, inbox: Inbox) -> Self {
        let (reader, writer) = stream.into_split();
        Self { reader: BufReader::new(reader), writer, inbox, from: None, to: Vec::new() }
    }

    async fn run(mut self) -> std::io::Result<()> {
        self.say("220 stand-in ESMTP").await?;
        let mut line = Vec::new();
        loop {
            line.clear();
            if self.reader.read_until(b'\n', &mut line).await? == 0 {
                return Ok(());
            }
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            if matches!(self.obey(&text).await?, Next::Stop) {
                return Ok(());
            }
        }
    }

    async fn obey(&mut self, line: &str) -> std::io::Result<Next> {
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => {
                self.say(&format!("250-stand-in\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE {LARGEST}")).await?
            }
            "HELO" | "NOOP" => self.say("250 ok").await?,
            "MAIL" => {
                self.from = Some(address(line));
                self.to.clear();
                self.say("250 ok").await?;
            }
            "RCPT" => self.reader_named(line).await?,
            "DATA" if self.from.is_some() && !self.to.is_empty() => return self.data().await,
            "DATA" => self.say("503 whose mail, and to whom?").await?,
            "RSET" => {
                self.from = None;
                self.to.clear();
                self.say("250 ok").await?;
            }
            "QUIT" => {
                self.say("221 bye").await?;
                return Ok(Next::Stop);
            }
            _ => self.say("502 unknown").await?,
        }
        Ok(Next::Go)
    }

    async fn reader_named(&mut self, line: &str) -> std::io::Result<()> {
        match self.inbox.fault(&[Fault::Refuse, Fault::Reject]) {
            Some(Fault::Reject) => self.say("550 no such mailbox").await,
            Some(_) => self.say("451 come again later").await,
            None => {
                self.to.push(address(line));
                self.say("250 ok").await
            }
        }
    }

    async fn data(&mut self) -> std::io::Result<Next> {
        self.say("354 go on").await?;
        let (mut mail, mut line) = (Vec::new(), Vec::new());
        loop {
            line.clear();
            if self.reader.read_until(b'\n', &mut line).await? == 0 {
                return Ok(Next::Stop);
            }
            if line == b".\r\n" || line == b".\n" {
                break;
            }
            mail.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            if mail.len() > LARGEST {
                self.say("552 too large").await?;
                return Ok(Next::Stop);
            }
        }
        let fault = self.inbox.fault(&[Fault::Slow, Fault::DropAfterData]);
        if fault == Some(Fault::Slow) {
            tokio::time::sleep(Duration::from_secs(3)).await;
        }
        self.inbox.receive(self.from.take().unwrap_or_default(), std::mem::take(&mut self.to), &mail);
        if fault == Some(Fault::DropAfterData) {
            return Ok(Next::Stop);
        }
        self.say("250 taken").await?;
        Ok(Next::Go)
    }

    async fn say(&mut self, text: &str) -> std::io::Result<()> {
        self.writer.write_all(format!("{text}\r\n").as_bytes()).await
    }
}

/// `RCPT TO:<a@b> SIZE=1` → `a@b`.
fn address(line: &str) -> String {
    let inside = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map(|(address, _)| address.to_owned()).unwrap_or_default()
}
