//! Letters as rows.
use hotelhub_kernel::TenantId;
use hotelhub_web::{Lang, Letter, Result};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgPool;
use uuid::Uuid;

use crate::App;
use crate::database::{DbError, Tx};
use crate::wakes::Wake;

/// To whom a letter goes.
pub(crate) struct NewLetter<'a> {
    /// What it is, for staff.
    pub(crate) kind: &'static str,
    pub(crate) to_address: &'a str,
    pub(crate) to_name: &'a str,
    pub(crate) lang: Lang,
    /// Whose it is about.
    pub(crate) tenant: Option<TenantId>,
}

/// Renders a letter and puts it with the change that causes it. Its Message-ID is fixed here.
pub(crate) async fn enqueue<L: Letter>(
    app: &App,
    tx: &mut Tx,
    new: &NewLetter<'_>,
    letter: &L,
    now: Timestamp,
) -> Result<()> {
    let (subject, text, html) = app.templates.letter(new.lang, "HotelHub", letter)?;
    let id = app.ids.next();
    sqlx::query!(
        r#"with written as (
               insert into letters (id, kind, to_address, to_name, subject, body_text, body_html, message_id, tenant_id,
                                    due_at, created_at)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10))
           select pg_notify($11, '')"#,
        id,
        new.kind,
        new.to_address,
        new.to_name,
        subject,
        text,
        html,
        id.to_string(),
        new.tenant.map(|tenant| tenant.0),
        now.to_sqlx() as _,
        Wake::Letters.channel()
    )
    .fetch_one(&mut **tx)
    .await
    .map_err(DbError::from)?;
    Ok(())
}

/// A letter that this sender may send.
pub(super) struct Claimed {
    pub(super) id: Uuid,
    pub(super) fence: i64,
    pub(super) attempts: i16,
    pub(super) kind: String,
    pub(super) letter: hotelhub_mail::Letter,
}

/// Claims letters that are due, oldest first; nobody else sends them before `until`.
pub(super) async fn claim(pool: &PgPool, most: i64, now: Timestamp, until: Timestamp) -> Result<Vec<Claimed>, DbError> {
    let rows = sqlx::query!(
        "update letters set fence = fence + 1, attempts = attempts + 1, leased_until = $3
          where id in (select id from letters
                        where state = 'queued' and due_at <= $2 and (leased_until is null or leased_until < $2)
                        order by due_at limit $1 for update skip locked)
         returning id, fence, attempts, kind, to_address, to_name, subject, body_text, body_html, message_id, created_at",
        most,
        now.to_sqlx() as _,
        until.to_sqlx() as _
    )
    .fetch_all(pool)
    .await?;
    let claimed = rows.into_iter().map(|row| Claimed {
        id: row.id,
        fence: row.fence,
        attempts: row.attempts,
        kind: row.kind,
        letter: hotelhub_mail::Letter {
            id: row.message_id,
            at: row.created_at.to_jiff(),
            from_name: "HotelHub".to_owned(),
            to_name: row.to_name,
            to: row.to_address,
            subject: row.subject,
            text: row.body_text,
            html: row.body_html,
        },
    });
    Ok(claimed.collect())
}

/// How a claimed letter went.
pub(super) enum Settled {
    /// The server has it.
    Sent,
    /// For this reason not now, but then.
    Again(String, Timestamp),
    /// For this reason never.
    Failed(String),
}

/// Keeps how it went, unless another sender claimed the letter meanwhile. A sent letter forgets what it said: it may have
/// carried a link that lets its reader in.
pub(super) async fn settle(
    pool: &PgPool,
    id: Uuid,
    fence: i64,
    settled: &Settled,
    now: Timestamp,
) -> Result<(), DbError> {
    let (state, reason, due) = match settled {
        Settled::Sent => ("sent", None, None),
        Settled::Again(reason, due) => ("queued", Some(reason), Some(*due)),
        Settled::Failed(reason) => ("failed", Some(reason), None),
    };
    sqlx::query!(
        "update letters
            set state = $3, last_error = $4, due_at = coalesce($5, due_at), leased_until = null,
                sent_at = case when $3 = 'sent' then $6::timestamptz end,
                body_text = case when $3 = 'sent' then '' else body_text end,
                body_html = case when $3 = 'sent' then '' else body_html end
          where id = $1 and fence = $2 and state = 'queued'",
        id,
        fence,
        state,
        reason.map(String::as_str),
        due.map(|due| due.to_sqlx()) as _,
        now.to_sqlx() as _
    )
    .execute(pool)
    .await?;
    Ok(())
}
