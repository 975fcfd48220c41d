//! A reading: the present version, and what is not of it yet.
use std::sync::Arc;
use std::time::Duration;

use hotelhub_web::{AppError, Kind};

use crate::hotel::availability::calendar::{self, Calendar, Version};
use crate::hotel::reservations::Stay;
use crate::tenancy::{Session, Tenant, TenantConn};

/// How long a reading may take; a connection that is stuck then is closed.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often the house may change under a reading.
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
    for attempt in 0..TRIES {
        let Some(mut calendar) = found else {
            found = calendar::house(db).await?.map(Arc::new);
            continue;
        };
        let mut lacking = calendar.lacking(stays.iter().copied());
        if lacking.is_nothing() {
            return Ok(calendar);
        }
        if attempt > 0 {
            // What was kept is changing as well: all of one moment cannot be overtaken by the rest.
            lacking = calendar.whole(stays.iter().copied());
        }
        let loaded = calendar::chunks(db, &lacking).await?;
        let fits = loaded.is_some_and(|loaded| Arc::make_mut(&mut calendar).take(loaded));
        found = fits.then_some(calendar);
    }
    Err(changing())
}

/// The calendar changed faster than it could be read, or could not be read in time.
fn changing() -> AppError {
    AppError::new(Kind::Unavailable, "busy", "The calendar could not be read in time. Please try again.").retry_after(1)
}
