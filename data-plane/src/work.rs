//! Every kind of job this program can do: a capability adds its handlers here.
use anyhow::Context as _;
use hotelhub_mail::Mailer;

use crate::hotel::reservations;
use crate::node::Node;
use crate::queue::{Handler, Registry};
use crate::{notify, people};

/// The jobs of a process of the work role. Without a mail server letters are no job of it: they stay queued for one that has.
pub fn registry(node: &Node) -> anyhow::Result<Registry> {
    let mut handlers: Vec<Handler> = people::handlers().into();
    handlers.push(reservations::release_holds());
    if let Some(url) = &node.settings.smtp_url {
        let mailer = Mailer::new(url, &node.settings.mail_from).context("HOTELHUB_SMTP_URL or HOTELHUB_MAIL_FROM")?;
        handlers.push(notify::send_letters(mailer));
    }
    Ok(Registry::new(handlers))
}
