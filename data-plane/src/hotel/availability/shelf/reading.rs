//! A reading: the present version, and what is not of it yet.
use std::sync::Arc;
use std::time::Duration;

use hotelhub_web::{AppError, Kind};

use crate::hotel::availability::calendar::{self, Calendar, Version};
use crate::hotel::reservations::Stay;
use crate::tenancy::{DbError, Session, Tenant, TenantConn};

/// How long a reading may take; a connection that is stuck then is closed.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often what was read may turn out to be of two versions, before somebody else's turn comes first.
const TRIES: usize = 8;

/// The calendar as it is now, with the nights of these stays; the one that is known when nothing changed.
pub(super) async fn read(
    tenant: &Tenant,
    conn: TenantConn,
    known: Option<Arc<Calendar>>,
    stays: &[Stay],
) -> Result<Arc<Calendar>, AppError> {
    let reading = async {
        let (conn, version) = version(tenant, conn).await?;
        bring(&conn, version, known, stays).await
    };
    tokio::time::timeout(PATIENCE, reading).await.unwrap_or_else(|_| Err(changing()))
}

/// The present version. A connection that the server had closed on the shelf is replaced once.
async fn version(tenant: &Tenant, conn: TenantConn) -> Result<(TenantConn, Version), AppError> {
    let version = calendar::version(&conn).await;
    match version {
        Err(error) if error.is_away() => {
            // Given back first: a hotel may have no more than this one.
            drop(conn);
            let conn = tenant.connect().await?;
            let version = calendar::version(&conn).await?;
            Ok((conn, version))
        }
        version => Ok((conn, version?)),
    }
}

async fn bring(
    db: &Session,
    version: Version,
    known: Option<Arc<Calendar>>,
    stays: &[Stay],
) -> Result<Arc<Calendar>, AppError> {
    let mut found = known;
    if let Some(calendar) = &mut found
        && !calendar.is_of(version)
        && !Arc::make_mut(calendar).turn_to(version)
    {
        found = None;
    }
    for _ in 0..TRIES {
        let Some(mut calendar) = found else {
            found = calendar::house(db).await?.map(Arc::new);
            continue;
        };
        let lacking = calendar.lacking(stays.iter().copied());
        if lacking.is_nothing() {
            return Ok(calendar);
        }
        let fits = fill(db, Arc::make_mut(&mut calendar), &lacking).await?;
        found = fits.then_some(calendar);
    }
    Err(changing())
}

/// Loads what a calendar lacks. False when the house changed meanwhile.
async fn fill(db: &Session, into: &mut Calendar, lacking: &calendar::Lacking) -> Result<bool, DbError> {
    let (nights, prices) =
        tokio::join!(biased; calendar::nights(db, &lacking.nights), calendar::prices(db, &lacking.prices));
    let (nights, prices) = (nights?, prices?);
    let nights_fit = nights.is_none_or(|nights| into.take_nights(nights));
    Ok(nights_fit && prices.is_none_or(|prices| into.take_prices(prices)))
}

/// The calendar changed faster than it could be read, or could not be read in time.
fn changing() -> AppError {
    AppError::new(Kind::Unavailable, "busy", "The calendar could not be read in time. Please try again.").retry_after(1)
}
