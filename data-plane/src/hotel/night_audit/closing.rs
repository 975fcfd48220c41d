//! A day's end, and a hotel's first day.
use hotelhub_web::{AppError, Result};
use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;

use super::Refusal;
use super::store::{self, Day};
use crate::audit::{self, Actor};
use crate::hotel::folios;
use crate::tenancy::{Session, Tenant};

/// Ends the day `seen` and answers the next: refused while somebody is still expected or should have left. The night of everybody in house is
/// posted, their rooms are to be cleaned. Who is posting meanwhile is waited for, or waits and posts on the next day.
pub async fn close_day(session: &Session, tenant: &Tenant, actor: &Actor, seen: Date) -> Result<Date> {
    let day = store::lock(session).await?;
    if day.date != seen {
        return Err(Refusal::AnotherDay(day.date).into());
    }
    store::undone(session, day.date).await?.nothing()?;
    if day.date > calendar(tenant, &day)? {
        return Err(Refusal::NotOver(day.date).into());
    }
    let next = day.date.saturating_add(1.day());
    let guests = store::in_house(session).await?;
    for guest in &guests {
        folios::post_nights_before(session, tenant, actor, *guest, next).await?;
    }
    let now = tenant.clock().now();
    store::slept_in(session, day.date, now).await?;
    folios::hold_all_open(session).await?;
    store::move_to(session, day.property, next, now).await?;
    let what = json!({ "closed": day.date, "in_house": guests.len() });
    audit::record(session, tenant, actor, "day.close", ("property", day.property), what).await?;
    Ok(next)
}

/// Lets a hotel that has no rooms yet open on another day, today or before.
pub async fn open_on(session: &Session, tenant: &Tenant, actor: &Actor, first: Date) -> Result<Date> {
    let day = store::lock(session).await?;
    if store::has_rooms(session).await? {
        return Err(Refusal::AlreadyOpen.into());
    }
    if first > calendar(tenant, &day)? {
        return Err(Refusal::NotOver(first).into());
    }
    store::move_to(session, day.property, first, tenant.clock().now()).await?;
    audit::record(session, tenant, actor, "day.open", ("property", day.property), json!({ "day": first })).await?;
    Ok(first)
}

/// The calendar's day where the hotel stands.
fn calendar(tenant: &Tenant, day: &Day) -> Result<Date> {
    let zone = TimeZone::get(&day.time_zone).map_err(AppError::internal)?;
    Ok(tenant.clock().today(&zone))
}
