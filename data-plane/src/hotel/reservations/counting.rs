//! Keeping the counters in step: every change moves them together, once all of them are locked.
use hotelhub_web::AppError;
use serde_json::json;
use uuid::Uuid;

use super::store::{self, Expired};
use super::{Night, Refusal};
use crate::audit::{self, Actor};
use crate::hotel::rooms::inventory::{Counter, Moves, Shifted, shift};
use crate::tenancy::{Session, Tenant};

/// Moves the counters, or says which nights are full.
pub(super) async fn count(db: &Session, moves: &Moves) -> Result<(), AppError> {
    match shift(db, moves).await? {
        Shifted::Done => Ok(()),
        Shifted::Full(nights) => Err(Refusal::SoldOut(nights).into()),
    }
}

/// Moves the counters of agreed nights by `by` rooms each.
pub(super) fn weigh(moves: &mut Moves, counter: Counter, nights: &[(Uuid, Night)], by: i16) {
    for (_, night) in nights {
        moves.add(counter, night.room_type, night.day, by);
    }
}

/// Notes in the audit log which holds ran out.
pub(super) async fn announce_expired(db: &Session, tenant: &Tenant, expired: &Expired) -> Result<(), AppError> {
    for id in &expired.reservations {
        audit::record(db, tenant, &Actor::System, "reservation.expire", ("reservation", *id), json!({})).await?;
    }
    Ok(())
}

/// Lets holds go whose time ran out, at most 200; answers how many.
pub async fn release_expired_holds(db: &Session, tenant: &Tenant) -> Result<usize, AppError> {
    let any = jiff::civil::date(2000, 1, 1);
    let expired = store::expire(db, tenant.clock().now(), &[], any, any).await?;
    count(db, &expired.moves).await?;
    announce_expired(db, tenant, &expired).await?;
    Ok(expired.reservations.len())
}
