//! A mail server with an inbox that can be read: real SMTP in, HTTP out, and faults on request.
mod inbox;
mod page;
mod smtp;

use anyhow::Result;
use tokio::net::TcpListener;

pub use inbox::{Fault, Inbox, Mail};

/// A running mail stand-in.
pub struct MailStandIn {
    /// Where SMTP is spoken: `127.0.0.1:2525`.
    pub smtp: String,
    /// Where the inbox is read: `http://127.0.0.1:8025`.
    pub http: String,
    /// The inbox itself.
    pub inbox: Inbox,
}

impl MailStandIn {
    /// Listens on both addresses (port 0 picks a free one) and serves in the background.
    pub async fn start(smtp: &str, http: &str) -> Result<Self> {
        Self::with(Inbox::default(), smtp, http).await
    }

    /// [`MailStandIn::start`] with an inbox that may hold mails already.
    pub async fn with(inbox: Inbox, smtp: &str, http: &str) -> Result<Self> {
        let (letters, readers) = (TcpListener::bind(smtp).await?, TcpListener::bind(http).await?);
        let (smtp, http) = (letters.local_addr()?.to_string(), format!("http://{}", readers.local_addr()?));
        tokio::spawn(smtp::serve(letters, inbox.clone()));
        let router = page::router(inbox.clone());
        tokio::spawn(async move { axum::serve(readers, router).await });
        Ok(Self { smtp, http, inbox })
    }
}
