//! Letters as rows.
use anyhow::Context as _;
use hotelhub_mail as mail;
use jiff::Timestamp;
use uuid::Uuid;

use super::Letter;
use crate::tenancy::{DbError, Session, Tenant};

/// Whether a letter to this address may go: it is of the house, or an owner's own address is confirmed.
const MAY_BE_WRITTEN_TO: &str = "
    select exists (select from users
                    where email = lower($1) or ('owner' = any(roles) and email_confirmed_at is not null))";

/// The same once more, after every confirmation that is under way: without it a letter could be withheld just after the others were
/// released, and stay.
const AFTER_CONFIRMATIONS: &str = "
    select email_confirmed_at is not null from users where 'owner' = any(roles) for share";

const INSERT: &str = "
    insert into letters (id, kind, to_address, to_name, subject, sealed, message_id, state, reason, created_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, case when $8 = 'withheld' then 'owner-not-confirmed' end, $9)";

const RELEASE: &str = "
    update letters set state = 'queued', reason = null where state = 'withheld' returning id";

const COUNT_WITHHELD: &str = "select count(*) from letters where state = 'withheld'";

const QUEUED: &str = "
    select message_id, to_address, to_name, subject, sealed, body_text, body_html, created_at
      from letters where id = $1 and state = 'queued'";

/// What was sent is the reader's: its body is not kept.
const MARK_SENT: &str = "
    update letters set state = 'sent', reason = null, sent_at = $2, sealed = null, body_text = '', body_html = ''
     where id = $1 and state = 'queued'";

const MARK_FAILED: &str = "update letters set state = 'failed', reason = $2 where id = $1 and state = 'queued'";

/// Every statement of this file.
pub(crate) const STATEMENTS: &[&str] =
    &[MAY_BE_WRITTEN_TO, AFTER_CONFIRMATIONS, INSERT, RELEASE, COUNT_WITHHELD, QUEUED, MARK_SENT, MARK_FAILED];

pub(super) async fn may_be_written_to(session: &Session, address: &str) -> Result<bool, DbError> {
    if session.query_one(MAY_BE_WRITTEN_TO, &[&address]).await?.get(0) {
        return Ok(true);
    }
    let owners = session.query(AFTER_CONFIRMATIONS, &[]).await?;
    Ok(owners.iter().any(|row| row.get(0)))
}

pub(super) async fn insert(
    session: &Session,
    tenant: &Tenant,
    id: Uuid,
    state: &str,
    letter: &Letter<'_>,
) -> Result<(), DbError> {
    let Letter { kind, to_address, to_name, subject, text, html } = letter;
    let body = serde_json::to_vec(&(text, html)).expect("texts are JSON");
    let (sealed, now) = (tenant.seal(&row(id), &body), tenant.clock().now());
    session.execute(INSERT, &[&id, kind, to_address, to_name, subject, &sealed, &id.to_string(), &state, &now]).await?;
    Ok(())
}

/// The name for which a letter's body is sealed.
fn row(id: Uuid) -> String {
    format!("letter {id}")
}

pub(super) async fn release(session: &Session) -> Result<Vec<Uuid>, DbError> {
    Ok(session.query(RELEASE, &[]).await?.iter().map(|row| row.get(0)).collect())
}

pub(super) async fn count_withheld(session: &Session) -> Result<i64, DbError> {
    Ok(session.query_one(COUNT_WITHHELD, &[]).await?.get(0))
}

/// A letter that is to be sent; nothing when it was sent, failed or withheld.
pub(super) async fn queued(session: &Session, tenant: &Tenant, id: Uuid) -> anyhow::Result<Option<mail::Letter>> {
    let Some(kept) = session.query_opt(QUEUED, &[&id]).await? else { return Ok(None) };
    let (text, html) = match kept.get::<_, Option<&[u8]>>("sealed") {
        Some(sealed) => {
            let body = tenant.open(&row(id), sealed).context("the letter was sealed under another key")?;
            serde_json::from_slice(&body)?
        }
        // As an older program kept it.
        None => (kept.get("body_text"), kept.get("body_html")),
    };
    Ok(Some(mail::Letter {
        id: kept.get("message_id"),
        at: kept.get("created_at"),
        from_name: tenant.name().to_owned(),
        to_name: kept.get("to_name"),
        to: kept.get("to_address"),
        subject: kept.get("subject"),
        text,
        html,
    }))
}

pub(super) async fn mark_sent(session: &Session, id: Uuid, now: Timestamp) -> Result<(), DbError> {
    session.execute(MARK_SENT, &[&id, &now]).await?;
    Ok(())
}

pub(super) async fn mark_failed(session: &Session, id: Uuid, reason: &str) -> Result<(), DbError> {
    session.execute(MARK_FAILED, &[&id, &reason]).await?;
    Ok(())
}
