//! Is the control plane well: its database, its counters, and what waits or failed.
use hotelhub_web::health::{Checks, Finding, Health, Standing};

use crate::App;
use crate::database::DbError;

/// How the control plane is looked at. It serves as long as its database answers.
pub(crate) fn of(app: &App) -> Health {
    let (looked_at, ready) = (app.clone(), app.clone());
    let checks = move || {
        let app = looked_at.clone();
        async move { Checks::of_one_database(standing(&app), app.redis.clone()).await }
    };
    let ready = move || {
        let app = ready.clone();
        async move { Finding::within(sqlx::query!("select 1 as one").fetch_one(&app.db.durable)).await }
    };
    Health::new(env!("CARGO_PKG_VERSION"), &app.clock, checks, ready)
}

/// What the central database says of itself, in which this plane keeps everything: orders and letters that are still to be done, orders
/// that were given up.
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
