//! Letters as rows.
use hotelhub_kernel::TenantId;
use hotelhub_web::{Lang, Letter, Result};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;

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
        format!("{id}@{}", app.settings.base_domain),
        new.tenant.map(|tenant| tenant.0),
        now.to_sqlx() as _,
        Wake::Letters.channel()
    )
    .fetch_one(&mut **tx)
    .await
    .map_err(DbError::from)?;
    Ok(())
}
