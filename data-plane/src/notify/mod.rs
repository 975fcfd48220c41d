//! Letters that follow from a change, sent by a job.
//!
//! A letter is rendered and kept, sealed, in the transaction that causes it; its Message-ID is made of its id, so that one sent twice is
//! one, and its body goes when it is sent. Until the tenant's owner has confirmed an address, letters to strangers are withheld: a free
//! trial is no way to send mail to anybody.
mod jobs;
mod store;

pub use jobs::{SendLetter, send_letters};
pub(crate) use store::STATEMENTS;

use hotelhub_web::Result;
use uuid::Uuid;

use crate::queue;
use crate::tenancy::{Session, Tenant};

/// A letter as [`hotelhub_web::Templates::letter`] rendered it, and whom it is for.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    /// What it is: `booking-confirmed`, `password-reset` …
    pub kind: &'static str,
    /// The address.
    pub to_address: &'a str,
    /// The name beside the address; may be empty.
    pub to_name: &'a str,
    /// Its subject.
    pub subject: &'a str,
    /// It in plain text.
    pub text: &'a str,
    /// It in HTML.
    pub html: &'a str,
}

/// What became of a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posted {
    /// It is sent once the transaction commits.
    Queued(Uuid),
    /// It is kept until the owner confirms an address.
    Withheld(Uuid),
}

/// Keeps a letter and the job that sends it in the caller's transaction.
pub async fn letter(session: &Session, tenant: &Tenant, letter: Letter<'_>) -> Result<Posted> {
    let id = tenant.ids().next();
    let known = store::may_be_written_to(session, letter.to_address).await?;
    let state = if known { "queued" } else { "withheld" };
    store::insert(session, tenant, id, state, &letter).await?;
    if !known {
        return Ok(Posted::Withheld(id));
    }
    queue::enqueue(session, tenant, &SendLetter { letter: id }).await?;
    Ok(Posted::Queued(id))
}

/// Sends what was withheld, once an owner's address is confirmed: called in the transaction that makes it so. How many letters.
pub async fn release_withheld(session: &Session, tenant: &Tenant) -> Result<usize> {
    let released = store::release(session).await?;
    for letter in &released {
        queue::enqueue(session, tenant, &SendLetter { letter: *letter }).await?;
    }
    Ok(released.len())
}

/// How many letters wait for the owner to confirm an address: the dashboard says so.
pub async fn withheld(session: &Session) -> Result<i64> {
    Ok(store::count_withheld(session).await?)
}
