//! How a folio begins and ends: opened once for its reservation, closed when it is settled to the rupiah.
use hotelhub_kernel::Rupiah;
use hotelhub_web::{AppError, Result};
use jiff::civil::Date;
use serde_json::json;
use uuid::Uuid;

use super::postings::{FEE, hold as hold_open, nights_before, owed_nights, post};
use super::store::{self, Locked};
use super::{Charge, Folio, FolioId, FolioStatus, Pieces, Receipt, Refusal, Seen};
use crate::audit::{self, Actor};
use crate::tenancy::{Session, Tenant};

/// The folio of a reservation, opened now if there was none. The caller holds the reservation.
pub async fn open(session: &Session, tenant: &Tenant, reservation: Uuid) -> Result<FolioId> {
    if let Some(folio) = store::of_reservation(session, reservation).await? {
        return Ok(folio);
    }
    open_all(session, tenant, &[reservation]).await?;
    Ok(store::of_reservation(session, reservation).await?.ok_or(Refusal::UnknownReservation)?)
}

/// Opens a folio for each of these reservations that has none. The caller holds them.
pub async fn open_all(session: &Session, tenant: &Tenant, reservations: &[Uuid]) -> Result<()> {
    let ids: Vec<Uuid> = reservations.iter().map(|_| tenant.ids().next()).collect();
    store::open(session, reservations, &ids, tenant.clock().now()).await?;
    Ok(())
}

/// Posts every night of a guest in house before `before` that is not on the folio yet. The caller holds the reservation.
pub async fn post_nights_before(
    session: &Session,
    tenant: &Tenant,
    actor: &Actor,
    reservation: Uuid,
    before: Date,
) -> Result<()> {
    let held = hold(session, open(session, tenant, reservation).await?).await?;
    if nights_before(session, tenant, actor, &held, before).await? > 0 {
        store::touch(session, held.id, tenant.clock().now()).await?;
    }
    Ok(())
}

/// The folio with everything on it.
pub async fn read(session: &Session, folio: FolioId) -> Result<Folio> {
    Ok(store::find(session, folio).await??)
}

/// The folio as it is printed; a draft until it is closed.
pub async fn receipt(session: &Session, folio: FolioId) -> Result<Receipt> {
    let letterhead = store::letterhead(session, folio).await?.ok_or(Refusal::UnknownFolio)?;
    Ok(Receipt::of(read(session, folio).await?, letterhead))
}

/// Holds the folio against other postings until the transaction ends.
pub(super) async fn hold(session: &Session, folio: FolioId) -> Result<Locked> {
    Ok(store::lock(session, folio).await?.ok_or(Refusal::UnknownFolio)?)
}

/// Holds every open folio against postings until the transaction ends: nothing more is posted on the day that is.
pub async fn hold_all_open(session: &Session) -> Result<()> {
    Ok(store::lock_open(session).await?)
}

/// Posts the nights before `leaves`, then closes the folio under the next receipt number; refused while a balance is left.
/// The caller holds the reservation.
pub async fn settle(
    session: &Session,
    tenant: &Tenant,
    actor: &Actor,
    reservation: Uuid,
    leaves: Date,
) -> Result<Folio> {
    let held = hold(session, open(session, tenant, reservation).await?).await?;
    if held.status == FolioStatus::Closed {
        return Err(Refusal::Closed.into());
    }
    nights_before(session, tenant, actor, &held, leaves).await?;
    finish(session, tenant, actor, &held).await
}

/// Settles the folio of a stay that will not be and closes it: what was paid ahead is kept as the cancellation fee if that
/// is wished; else the balance must be zero.
pub async fn close(session: &Session, tenant: &Tenant, actor: &Actor, seen: Seen, keep: bool) -> Result<Folio> {
    let held = hold_open(session, seen).await?;
    let folio = read(session, held.id).await?;
    if !folio.stay.given_up {
        return Err(Refusal::StillComing.into());
    }
    if keep && folio.totals.balance < Rupiah::ZERO {
        let paid_ahead = folio.totals.balance.checked_neg().ok_or(Refusal::TooLarge)?;
        let fee = Charge { code: FEE.to_owned(), description: String::new(), pieces: Pieces::new(1, paid_ahead)? };
        post(session, tenant, actor, &held, &fee).await?;
    }
    finish(session, tenant, actor, &held).await
}

/// Closes the folio of a stay that will not be if nothing was ever posted or paid. The caller holds the reservation.
pub async fn close_unused(session: &Session, tenant: &Tenant, actor: &Actor, reservation: Uuid) -> Result<()> {
    let Some(folio) = store::of_reservation(session, reservation).await? else { return Ok(()) };
    hold(session, folio).await?;
    if !store::close_unused(session, folio, tenant.clock().now()).await? {
        return Ok(());
    }
    Ok(audit::record(session, tenant, actor, "folio.close", ("folio", folio.0), json!({ "receipt": null })).await?)
}

/// Opens the folio of a reservation again, or for the first time; its receipt number stays its own. The caller holds the
/// reservation.
pub async fn reopen(session: &Session, tenant: &Tenant, actor: &Actor, reservation: Uuid) -> Result<()> {
    let folio = open(session, tenant, reservation).await?;
    if store::reopen(session, folio, tenant.clock().now()).await? {
        audit::record(session, tenant, actor, "folio.reopen", ("folio", folio.0), json!({})).await?;
    }
    Ok(())
}

/// Closes a folio that is settled, under the number of its receipt: its own if it had one before, else the next.
async fn finish(session: &Session, tenant: &Tenant, actor: &Actor, held: &Locked) -> Result<Folio> {
    read(session, held.id).await?.totals.settled()?;
    let number = match &held.receipt_number {
        Some(number) => number.clone(),
        None => next_receipt(session, held.property, held.business_date).await?,
    };
    store::close(session, held.id, &number, tenant.clock().now()).await?;
    audit::record(session, tenant, actor, "folio.close", ("folio", held.id.0), json!({ "receipt": number })).await?;
    read(session, held.id).await
}

/// Whether nothing that still counts was posted or paid, nor will be until the transaction ends. The caller holds the reservation.
pub async fn is_untouched(session: &Session, reservation: Uuid) -> Result<bool> {
    let Some(folio) = store::of_reservation(session, reservation).await? else { return Ok(true) };
    hold(session, folio).await?;
    let folio = read(session, folio).await?;
    let reversed = |reversed, reverses: Option<Uuid>| reversed || reverses.is_some();
    let lines = folio.lines.iter().all(|line| reversed(line.reversed, line.reverses_id));
    Ok(lines && folio.payments.iter().all(|payment| reversed(payment.reversed, payment.reverses_id)))
}

/// Whether one of these nights of a reservation stands on its folio, or could before the transaction ends. The caller holds the
/// reservation.
pub async fn has_posted(session: &Session, reservation: Uuid, nights: &[Date]) -> Result<bool> {
    let Some(folio) = store::of_reservation(session, reservation).await?.filter(|_| !nights.is_empty()) else {
        return Ok(false);
    };
    hold(session, folio).await?;
    let owed = owed_nights(session, reservation, Date::MAX).await?;
    Ok(nights.iter().any(|day| owed.iter().all(|night| night.day != *day)))
}

/// The next receipt number of the property and year: `KW-2026-000001`. Its row stays locked until the transaction ends.
async fn next_receipt(session: &Session, property: Uuid, day: Date) -> Result<String> {
    let number = store::next_number(session, property, "receipt", day.year()).await.map_err(AppError::from)?;
    Ok(format!("KW-{}-{number:06}", day.year()))
}
