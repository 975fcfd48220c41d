//! How a folio begins and ends: opened once for its reservation, closed when it is settled to the rupiah.
use hotelhub_web::{AppError, Result};
use jiff::civil::Date;
use serde_json::json;
use uuid::Uuid;

use super::postings::nights_before;
use super::store::{self, Locked};
use super::{Folio, FolioId, FolioStatus, Receipt, Refusal};
use crate::audit::{self, Actor};
use crate::tenancy::{Session, Tenant};

/// The folio of a reservation, opened now if there was none. The caller holds the reservation.
pub async fn open(session: &Session, tenant: &Tenant, reservation: Uuid) -> Result<FolioId> {
    if let Some(folio) = store::of_reservation(session, reservation).await? {
        return Ok(folio);
    }
    let unknown = Refusal::UnknownReservation;
    let (property, business_date) = store::property_of(session, reservation).await?.ok_or(unknown)?;
    let folio = FolioId(tenant.ids().next());
    let number = numbered(session, property, Series::Folio, business_date).await?;
    store::insert(session, folio, property, reservation, &number, tenant.clock().now()).await?;
    Ok(folio)
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
    read(session, held.id).await?.totals.settled()?;
    let number = numbered(session, held.property, Series::Receipt, held.business_date).await?;
    store::close(session, held.id, &number, tenant.clock().now()).await?;
    audit::record(session, tenant, actor, "folio.close", ("folio", held.id.0), json!({ "receipt": number })).await?;
    read(session, held.id).await
}

/// Whether nothing that still counts was posted or paid.
pub async fn is_untouched(session: &Session, reservation: Uuid) -> Result<bool> {
    let Some(folio) = store::of_reservation(session, reservation).await? else { return Ok(true) };
    let folio = read(session, folio).await?;
    let reversed = |reversed, reverses: Option<Uuid>| reversed || reverses.is_some();
    let lines = folio.lines.iter().all(|line| reversed(line.reversed, line.reverses_id));
    Ok(lines && folio.payments.iter().all(|payment| reversed(payment.reversed, payment.reverses_id)))
}

#[derive(Clone, Copy)]
enum Series {
    Folio,
    Receipt,
}

/// The next number of the property and year: `KW-2026-000001`. Its row stays locked until the transaction ends.
async fn numbered(session: &Session, property: Uuid, series: Series, day: Date) -> Result<String> {
    let (name, prefix) = match series {
        Series::Folio => ("folio", "F"),
        Series::Receipt => ("receipt", "KW"),
    };
    let number = store::next_number(session, property, name, day.year()).await.map_err(AppError::from)?;
    Ok(format!("{prefix}-{}-{number:06}", day.year()))
}
