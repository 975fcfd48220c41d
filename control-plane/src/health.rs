//! Is the control plane well: its database, its counters, and what waits or failed.
use hotelhub_web::health::{self, Checks, Finding, Health};

use crate::App;
use crate::database::DbError;

/// How the control plane is looked at. It serves as long as its database answers.
pub(crate) fn of(app: &App) -> Health {
    let (looked_at, ready) = (app.clone(), app.clone());
    let checks = move || {
        let app = looked_at.clone();
        async move { checks(&app).await }
    };
    let ready = move || {
        let app = ready.clone();
        async move { Finding::within(sqlx::query!("select 1 as one").fetch_one(&app.db.durable)).await }
    };
    Health::new(env!("CARGO_PKG_VERSION"), &app.clock, checks, ready)
}

async fn checks(app: &App) -> Checks {
    let standing = async {
        let standing = tokio::time::timeout(health::PATIENCE, standing(app)).await;
        standing
            .map_err(|_| "the central database did not answer in time".to_owned())?
            .map_err(|error| error.to_string())
    };
    let (standing, redis) = tokio::join!(standing, health::redis(app.redis.clone()));
    let standing = standing.inspect_err(|error| tracing::warn!(error, "the central database is not well"));
    let found = |finding: fn(&Standing) -> Finding| standing.as_ref().map_or_else(|_| Finding::unavailable(), finding);
    Checks {
        database: found(|_| Finding::ok()),
        redis,
        storage: found(|standing| if standing.writable { Finding::ok() } else { Finding::Ill("read-only".to_owned()) }),
        queue_pending: found(|standing| Finding::Well(standing.pending.into())),
        queue_failed: found(|standing| Finding::Well(standing.failed.into())),
        license: Finding::not_needed(),
    }
}

/// What the central database says of itself. All that this plane keeps is kept there.
struct Standing {
    writable: bool,
    /// Orders and letters that are still to be done.
    pending: i64,
    /// Orders that were given up.
    failed: i64,
}

async fn standing(app: &App) -> Result<Standing, DbError> {
    let row = sqlx::query_as!(
        Standing,
        r#"select current_setting('transaction_read_only') = 'off' as "writable!",
                  (select count(*) from work_orders where state in ('queued', 'leased'))
                    + (select count(*) from letters where state = 'queued') as "pending!",
                  (select count(*) from work_orders where state = 'failed') as "failed!""#
    );
    Ok(row.fetch_one(&app.db.durable).await?)
}
