//! The controller that keeps the stock.
use hotelhub_protocol::Task;

use super::governor::Governor;
use super::{plan, store, wanted};
use crate::App;
use crate::database::DbError;
use crate::fleet::orders::{self, NewOrder};
use crate::wakes::Wake;

/// Nobody waits for a ready-made database.
const PRIORITY: i16 = 100;

/// Orders what is missing, as fast as each server's disk keeps up; how many were ordered. Safe twice and from two places.
pub async fn keep_stock(app: &App) -> Result<u32, DbError> {
    let now = app.clock.now();
    let governor = Governor::listen(&app.db.relaxed, now).await?;
    let mut tx = app.db.begin().await?;
    let mut ordered = 0;
    for shelf in store::shelves(&mut tx).await? {
        let wanted = wanted(app.settings.ready_databases, store::arrivals(&mut tx, &shelf.cluster, now).await?);
        let strain = governor.strain(&mut tx, &shelf.cluster).await?;
        for _ in 0..plan(shelf.stock, wanted, strain, now) {
            let database = store::name(app.ids.next());
            store::note(&mut tx, &database, &shelf.cluster, now).await?;
            let (cluster, template) = (shelf.cluster.clone(), shelf.template.clone());
            let task = Task::PrepareDatabase { cluster, database, template };
            let order = NewOrder { id: app.ids.next(), tenant: None, priority: PRIORITY, task };
            orders::place(&mut tx, &order, now).await?;
            ordered += 1;
        }
    }
    tx.commit().await?;
    if ordered > 0 {
        app.wakes.wake(Wake::Orders);
    }
    Ok(ordered)
}
