//! Letters and SMTP: a letter goes out whole or is refused, now or for good.
#[cfg(test)]
mod tests;

use std::time::Duration;

use hotelhub_kernel::Secret;
use jiff::Timestamp;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use thiserror::Error;

/// How long a server may take over one letter; each of its answers, at most [`ANSWER`].
const PATIENCE: Duration = Duration::from_secs(25);
const ANSWER: Duration = Duration::from_secs(20);

/// A letter as it leaves: both bodies, one reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Makes the Message-ID: sent twice, the reader's mailbox sees one letter.
    pub id: String,
    /// When it was written.
    pub at: Timestamp,
    /// The name beside the sender's address, such as the hotel's; empty for none.
    pub from_name: String,
    /// The reader's name; empty for none.
    pub to_name: String,
    /// The reader's address.
    pub to: String,
    /// One line.
    pub subject: String,
    /// For readers without HTML.
    pub text: String,
    /// For the others.
    pub html: String,
}

/// Settings that make no mailer.
#[derive(Debug, Error)]
pub enum BadMailer {
    /// No `smtp://` or `smtps://` address.
    #[error("the SMTP address is not like smtp://user:password@host:port: {0}")]
    Url(String),
    /// No mail address.
    #[error("the sender is not a mail address: {0}")]
    From(String),
}

/// Why a letter did not go.
#[derive(Debug, Error)]
pub enum NotSent {
    /// Try again later: no connection, or the server said 4xx.
    #[error("not now: {0}")]
    Transient(String),
    /// Never: no such address, or the server said 5xx.
    #[error("never: {0}")]
    Permanent(String),
}

/// Hands letters to one SMTP server; connections are kept and shared. Cheap to clone.
#[derive(Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Address,
}

impl Mailer {
    /// `url` is `smtp://…` (plain, or `?tls=required`) or `smtps://…`; `from` the sender's bare address.
    pub fn new(url: &Secret<String>, from: &str) -> Result<Self, BadMailer> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose());
        let builder = builder.map_err(|error| BadMailer::Url(error.to_string()))?;
        let transport = builder.timeout(Some(ANSWER)).build();
        let from = from.parse::<Mailbox>().map_err(|error| BadMailer::From(error.to_string()))?.email;
        Ok(Self { transport, from })
    }

    /// Sends one letter; done when the server has taken it.
    pub async fn send(&self, letter: &Letter) -> Result<(), NotSent> {
        let message = self.message(letter)?;
        let sent = tokio::time::timeout(PATIENCE, self.transport.send(message)).await;
        let sent = sent.map_err(|_| NotSent::Transient(format!("it took longer than {} s", PATIENCE.as_secs())))?;
        sent.map(drop).map_err(|error| {
            // A refused log-in (530 to 535) is our settings' fault: the letter itself may go later.
            let ours = error.status().is_some_and(|code| matches!(u16::from(code), 530..=535));
            if error.is_permanent() && !ours {
                NotSent::Permanent(error.to_string())
            } else {
                NotSent::Transient(error.to_string())
            }
        })
    }

    fn message(&self, letter: &Letter) -> Result<Message, NotSent> {
        let wrong = |error: &dyn std::error::Error| NotSent::Permanent(error.to_string());
        let to = letter.to.parse::<Address>().map_err(|error| wrong(&error))?;
        let id = format!("<{}@{}>", letter.id, self.from.domain());
        let builder = Message::builder()
            .from(Mailbox::new(name(&letter.from_name), self.from.clone()))
            .to(Mailbox::new(name(&letter.to_name), to))
            .subject(one_line(&letter.subject))
            .message_id(Some(id))
            .date(letter.at.into())
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ));
        let bodies = MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone());
        builder.multipart(bodies).map_err(|error| wrong(&error))
    }
}

fn name(text: &str) -> Option<String> {
    Some(one_line(text)).filter(|line| !line.is_empty())
}

/// What a header can carry: no control characters, hence no second header.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}
