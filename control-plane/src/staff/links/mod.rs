//! Links that letters bring to staff: an account for somebody invited, a new authenticator for one of the staff.
//!
//! Opening one changes nothing. Its button shows the authenticator's secret, and what is entered below it uses the link up.
mod authenticator;
mod invitations;
mod letters;
mod pages;
mod store;

pub(in crate::staff) use invitations::{Invite, invite, withdraw};
pub use letters::{Invited, Renewed};
pub(crate) use pages::pages;
pub use pages::{CodesPage, LinkPage};
pub(in crate::staff) use store::Invitation;

use hotelhub_identity::{LinkToken, Totp};
use hotelhub_web::{Lang, Result};
use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::App;
use crate::database::{DbError, Tx};
use crate::mails::{self, NewLetter};

/// How long a link opens.
const LIFETIME: SignedDuration = SignedDuration::from_hours(72);

/// The authenticator that a link brings: derived from its token, so that no table holds it and every visit shows the same.
fn authenticator(app: &App, token: &LinkToken) -> Result<Totp> {
    let secret = app.secret.derive("staff-authenticator").mac(token.as_text().as_bytes());
    let totp = secret.first_chunk::<20>().and_then(|bytes| Totp::kept(bytes));
    totp.ok_or_else(|| hotelhub_web::AppError::internal("an authenticator's secret has 20 bytes"))
}

fn address(app: &App, token: &LinkToken) -> String {
    format!("{}/vendor/join/{}", app.settings.public_url, token.as_text())
}

/// The open invitations, the newest first.
pub(in crate::staff) async fn open_invitations(conn: &mut PgConnection, now: Timestamp) -> Result<Vec<Invitation>> {
    Ok(store::open(conn, now).await?)
}

/// Sends somebody the way to a new authenticator, in place of any sent before; the authenticator that the link will show.
pub(in crate::staff) async fn renew(
    app: &App,
    tx: &mut Tx,
    staff: Uuid,
    (email, name): (&str, &str),
    lang: Lang,
) -> Result<Totp> {
    let now = app.clock.now();
    let token = LinkToken::mint(&app.entropy);
    store::close_renewal(tx, staff, now).await?;
    store::insert_renewal(tx, app.ids.next(), &token.hash(), staff, (now, now + LIFETIME)).await?;
    let letter = Renewed { name: name.to_owned(), link: address(app, &token), hours: LIFETIME.as_hours() };
    let to = NewLetter { kind: "staff-authenticator", to_address: email, to_name: name, lang, tenant: None };
    mails::enqueue(app, tx, &to, &letter, now).await?;
    authenticator(app, &token)
}

/// Makes somebody's link to a new authenticator worthless.
pub(in crate::staff) async fn withdraw_renewal(tx: &mut Tx, staff: Uuid, now: Timestamp) -> Result<(), DbError> {
    store::close_renewal(tx, staff, now).await
}
