//! Postings: charges, cash, room nights, and the exact opposite of each.
//!
//! What a clerk posts holds the folio, compares its version, counts it up and leaves a line in the audit log. Nights are also posted by a
//! check-out and the night audit, in whose line they are counted.
mod model;
mod store;

use hotelhub_kernel::Rupiah;
use hotelhub_web::{IfMatch, Result};
use jiff::civil::Date;
use serde_json::json;
use uuid::Uuid;

pub(super) use self::model::FEE;
pub use self::model::{Cash, ChargeCode, Line, Payment, Pieces, ROOM, change};
pub(crate) use self::store::STATEMENTS;
pub(super) use self::store::owed_nights;
use self::store::{NewLine, NewNights, NewPayment};
use super::store::Locked;
use super::{Folio, FolioId, FolioStatus, Refusal};
use crate::audit::{self, Actor};
use crate::hotel::front_desk::leaves_on;
use crate::hotel::reservations::{Status, Stay};
use crate::tenancy::{Session, Tenant};

/// A folio as somebody last read it.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// Which.
    pub folio: FolioId,
    /// At which version.
    pub version: IfMatch,
}

/// A charge as a clerk types it.
#[derive(Clone, Debug)]
pub struct Charge {
    /// Its code.
    pub code: String,
    /// A note for the guest.
    pub description: String,
    /// How many at which price.
    pub pieces: Pieces,
}

/// Every charge code, in the order of a form.
pub async fn charge_codes(session: &Session) -> Result<Vec<ChargeCode>> {
    Ok(store::charge_codes(session).await?)
}

/// Posts a charge with the taxes its code bears.
pub async fn charge(session: &Session, tenant: &Tenant, actor: &Actor, seen: Seen, charge: Charge) -> Result<Folio> {
    let held = hold(session, seen).await?;
    let what = post(session, tenant, actor, &held, &charge).await?;
    posted(session, tenant, actor, &held, "folio.charge", what).await
}

/// Writes a charge to a folio that is held; what the audit log says of it.
pub(super) async fn post(
    session: &Session,
    tenant: &Tenant,
    actor: &Actor,
    held: &Locked,
    charge: &Charge,
) -> Result<serde_json::Value> {
    let unknown = || Refusal::UnknownCharge(charge.code.clone());
    let code = store::charge_code(session, &charge.code).await?.ok_or_else(unknown)?;
    let line = NewLine {
        id: tenant.ids().next(),
        business_date: held.business_date,
        at: tenant.clock().now(),
        charge_code: &code.code,
        description: &charge.description,
        quantity: charge.pieces.quantity(),
        amounts: charge.pieces.charged(held.rule, &code)?,
        reverses: None,
        actor: actor.id(),
    };
    store::insert_line(session, held.id, &line).await??;
    Ok(json!({ "line": line.id, "charge_code": code.code, "gross_idr": line.amounts.gross }))
}

/// Takes a line back by its exact opposite, once.
pub async fn reverse_line(
    session: &Session,
    tenant: &Tenant,
    actor: &Actor,
    seen: Seen,
    line: Uuid,
    reason: &str,
) -> Result<Folio> {
    let held = hold(session, seen).await?;
    let folio = super::read(session, held.id).await?;
    let wrong = folio.lines.iter().find(|posted| posted.id == line).ok_or(Refusal::UnknownLine)?;
    let opposite = NewLine {
        id: tenant.ids().next(),
        business_date: held.business_date,
        at: tenant.clock().now(),
        charge_code: &wrong.charge_code,
        description: reason,
        quantity: wrong.quantity,
        amounts: wrong.reversal()?,
        reverses: Some(wrong.id),
        actor: actor.id(),
    };
    store::insert_line(session, held.id, &opposite).await??;
    let what = json!({ "line": wrong.id, "gross_idr": opposite.amounts.gross, "reason": reason });
    posted(session, tenant, actor, &held, "folio.reverse-line", what).await
}

/// Takes cash.
pub async fn take_cash(session: &Session, tenant: &Tenant, actor: &Actor, seen: Seen, cash: Cash) -> Result<Folio> {
    let held = hold(session, seen).await?;
    let payment = NewPayment {
        id: tenant.ids().next(),
        business_date: held.business_date,
        at: tenant.clock().now(),
        amount: cash.amount(),
        tendered: cash.tendered(),
        reverses: None,
        note: "",
        actor: actor.id(),
    };
    store::insert_payment(session, held.id, &payment).await??;
    let what = json!({ "payment": payment.id, "method": "cash", "amount_idr": payment.amount });
    posted(session, tenant, actor, &held, "folio.take-payment", what).await
}

/// Gives a payment back by its exact opposite, once.
pub async fn reverse_payment(
    session: &Session,
    tenant: &Tenant,
    actor: &Actor,
    seen: Seen,
    payment: Uuid,
    reason: &str,
) -> Result<Folio> {
    let held = hold(session, seen).await?;
    let folio = super::read(session, held.id).await?;
    let wrong = folio.payments.iter().find(|taken| taken.id == payment).ok_or(Refusal::UnknownPayment)?;
    let opposite = NewPayment {
        id: tenant.ids().next(),
        business_date: held.business_date,
        at: tenant.clock().now(),
        amount: wrong.reversal()?,
        tendered: None,
        reverses: Some(wrong.id),
        note: reason,
        actor: actor.id(),
    };
    store::insert_payment(session, held.id, &opposite).await??;
    let what = json!({ "payment": wrong.id, "amount_idr": opposite.amount, "reason": reason });
    posted(session, tenant, actor, &held, "folio.reverse-payment", what).await
}

/// Posts the nights that a guest in house would owe when leaving now.
pub async fn post_nights(session: &Session, tenant: &Tenant, actor: &Actor, seen: Seen) -> Result<Folio> {
    let held = hold(session, seen).await?;
    if held.reservation_status != Status::InHouse.as_str() {
        return Err(Refusal::NotInHouse.into());
    }
    let stay = Stay::new(held.arrival, held.departure).map_err(hotelhub_web::AppError::internal)?;
    let count = nights_before(session, tenant, actor, &held, leaves_on(stay, held.business_date)).await?;
    posted(session, tenant, actor, &held, "folio.post-nights", json!({ "nights": count })).await
}

/// Writes every night before `before` that is not on the folio yet, and says how many.
pub(super) async fn nights_before(
    session: &Session,
    tenant: &Tenant,
    actor: &Actor,
    held: &Locked,
    before: Date,
) -> Result<u64> {
    let owed = store::owed_nights(session, held.reservation, before).await?;
    if owed.is_empty() {
        return Ok(0);
    }
    let code = store::charge_code(session, ROOM).await?.ok_or_else(|| Refusal::UnknownCharge(ROOM.to_owned()))?;
    let rule = held.rule.bearing(code.bears_service, code.bears_pb1);
    let mut nights = NewNights::default();
    for night in owed {
        let amounts = rule.split(night.price).ok_or(Refusal::TooLarge)?;
        nights.ids.push(tenant.ids().next());
        nights.keys.push(night.key(held.reservation));
        nights.descriptions.push(format!("{} {}", night.room_type, night.day.strftime("%d-%m-%Y")));
        for (column, Rupiah(amount)) in
            [(&mut nights.net, amounts.net), (&mut nights.service, amounts.service), (&mut nights.pb1, amounts.pb1)]
        {
            column.push(amount);
        }
    }
    Ok(store::insert_nights(session, held, tenant.clock().now(), actor.id(), &nights).await?)
}

/// Holds an open folio that is still as it was seen.
pub(super) async fn hold(session: &Session, seen: Seen) -> Result<Locked> {
    let held = super::hold(session, seen.folio).await?;
    if seen.version.check(held.version).is_err() {
        return Err(Refusal::Stale.into());
    }
    if held.status == FolioStatus::Closed { Err(Refusal::Closed.into()) } else { Ok(held) }
}

/// Counts the version up, tells the audit log and reads the folio as it now is.
async fn posted(
    session: &Session,
    tenant: &Tenant,
    actor: &Actor,
    held: &Locked,
    action: &'static str,
    what: serde_json::Value,
) -> Result<Folio> {
    super::store::touch(session, held.id, tenant.clock().now()).await?;
    audit::record(session, tenant, actor, action, ("folio", held.id.0), what).await?;
    super::read(session, held.id).await
}
