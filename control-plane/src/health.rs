//! Is the control plane well: its database, its counters, and what waits or failed.
use hotelhub_web::health::{Finding, Health};

use crate::App;
use crate::database::DbError;

/// The checks. What has failed is shown, but makes nobody ill: staff see it on its own page.
pub(crate) fn of(app: &App) -> Health {
    let (pool, pending, failed) = (app.clone(), app.clone(), app.clone());
    let health = Health::new(env!("CARGO_PKG_VERSION"), &app.clock)
        .check("database", move || {
            let app = pool.clone();
            async move { Finding::of(sqlx::query!("select 1 as one").fetch_one(&app.db.durable).await) }
        })
        .check("queue_pending", move || {
            let app = pending.clone();
            async move { counted(waiting(&app).await) }
        })
        .check("queue_failed", move || {
            let app = failed.clone();
            async move { counted(given_up(&app).await) }
        });
    let Some(redis) = app.redis.clone() else { return health };
    health.check("redis", move || {
        let mut redis = redis.clone();
        async move { Finding::of(redis::cmd("PING").query_async::<String>(&mut redis).await) }
    })
}

fn counted(outcome: Result<i64, DbError>) -> Finding {
    outcome.map_or_else(|error| Finding::of(Err::<(), _>(error)), |count| Finding::Well(count.into()))
}

/// Orders and letters that are still to be done.
async fn waiting(app: &App) -> Result<i64, DbError> {
    let row = sqlx::query!(
        r#"select (select count(*) from work_orders where state in ('queued', 'leased'))
                + (select count(*) from letters where state = 'queued') as "count!""#
    );
    Ok(row.fetch_one(&app.db.durable).await?.count)
}

/// Orders that were given up.
async fn given_up(app: &App) -> Result<i64, DbError> {
    let row = sqlx::query!(r#"select count(*) as "count!" from work_orders where state = 'failed'"#);
    Ok(row.fetch_one(&app.db.durable).await?.count)
}
