//! What nobody will be given any more is dropped: one thing at a time on each server, long after it was replaced.
use std::collections::BTreeSet;

use hotelhub_kernel::TenantId;
use hotelhub_protocol::{ClusterId, Task};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::drops::{Going, let_go, place};
use super::governor::Governor;
use super::shared;
use super::store::{self, Unwanted};
use crate::App;
use crate::audit::{self, Actor};
use crate::database::{DbError, Tx};
use crate::fleet::nodes::{self, Node};
use crate::wakes::Wake;

/// A template must have been the newest for so long before older ones go: meanwhile a node may come back with the older program.
const SETTLED: SignedDuration = SignedDuration::from_mins(15);

/// Staff may try a failed preparation again for so long.
const FORGIVEN: SignedDuration = SignedDuration::from_hours(24);

/// A shared database is kept for so long after it was opened, though nobody lives there.
const OPEN_AT_LEAST: SignedDuration = SignedDuration::from_hours(24);

/// Every fleet worker has looked again by then which templates there are.
const NOTICED: SignedDuration = SignedDuration::from_mins(5);

/// A node not heard for longer tells of templates no more.
const HEARD: SignedDuration = SignedDuration::from_mins(1);

/// Orders one database or template a server to be dropped, where nothing is being dropped and the disk keeps up; how many were ordered. The audit log says
/// why each of them had to go. Safe twice and from two places.
pub async fn retire_old(app: &App) -> Result<u32, DbError> {
    let now = app.clock.now();
    let nodes = nodes::list(&app.db.durable).await?;
    let governor = Governor::listen(&app.db.durable, now).await?;
    let mut tx = app.db.begin().await?;
    let mut ordered = 0;
    for cluster in store::quiet_clusters(&mut tx, now - SETTLED).await? {
        if !governor.may_drop(&mut tx, &cluster.id, now).await? {
            continue;
        }
        if let Some(unwanted) = store::unwanted(&mut tx, &cluster, now - FORGIVEN).await? {
            drop_database(app, &mut tx, &cluster.id, unwanted, now).await?;
        } else if let Some(empty) = shared::retire_empty(&mut tx, &cluster.id, now - OPEN_AT_LEAST).await? {
            drop_shared(app, &mut tx, &cluster.id, empty, now).await?;
        } else if let Some(template) = older_template(&mut tx, &nodes, &cluster.id, now).await? {
            drop_template(app, &mut tx, &cluster.id, template, now).await?;
        } else {
            continue;
        }
        ordered += 1;
    }
    tx.commit().await?;
    if ordered > 0 {
        app.wakes.wake(Wake::Orders);
    }
    Ok(ordered)
}

async fn drop_database(
    app: &App,
    tx: &mut Tx,
    cluster: &ClusterId,
    unwanted: Unwanted,
    now: Timestamp,
) -> Result<(), DbError> {
    let reason = match unwanted.failed {
        true => "making it failed a day ago and nobody tried again",
        false => "made ready from an older template and given to nobody",
    };
    let details = json!({ "cluster": cluster.0, "template": unwanted.template, "reason": reason });
    note(tx, now, "database.retire", ("database", &unwanted.database), details).await?;
    let going = Going { cluster: cluster.clone(), database: unwanted.database, tenant: None, source: None };
    // It is held: nobody else has given it another state.
    let_go(app, tx, going, &["ready", "failed"]).await?;
    Ok(())
}

async fn drop_shared(
    app: &App,
    tx: &mut Tx,
    cluster: &ClusterId,
    database: String,
    now: Timestamp,
) -> Result<(), DbError> {
    let details = json!({ "cluster": cluster.0, "reason": "no hotel lies in it any more" });
    note(tx, now, "database.retire", ("database", &database), details).await?;
    let_go(app, tx, Going { cluster: cluster.clone(), database, tenant: None, source: None }, &["retired"]).await?;
    Ok(())
}

async fn drop_template(
    app: &App,
    tx: &mut Tx,
    cluster: &ClusterId,
    template: String,
    now: Timestamp,
) -> Result<(), DbError> {
    let details = json!({ "cluster": cluster.0, "reason": "nothing is copied from it any more" });
    note(tx, now, "template.retire", ("template", &template), details).await?;
    place(app, tx, Task::DropTemplate { cluster: cluster.clone(), template }).await
}

async fn note(
    tx: &mut Tx,
    now: Timestamp,
    action: &str,
    subject: (&str, &str),
    details: serde_json::Value,
) -> Result<(), DbError> {
    audit::record(tx, now, &Actor::System, action, subject, None::<TenantId>, details).await
}

/// The oldest template that lies on a server without use, as nodes tell.
async fn older_template(
    tx: &mut Tx,
    nodes: &[Node],
    cluster: &ClusterId,
    now: Timestamp,
) -> Result<Option<String>, DbError> {
    let seen_to = store::seen_to(tx, cluster, now - NOTICED).await?;
    let heard = nodes.iter().filter(|node| node.is_heard_after(now - HEARD));
    let loads = heard.filter_map(|node| node.load.as_ref());
    let here = loads.flat_map(|beat| &beat.clusters).filter(|load| load.cluster == *cluster);
    let old: BTreeSet<&String> =
        here.flat_map(|load| &load.old_templates).filter(|old| !seen_to.contains(old)).collect();
    Ok(old.first().map(|template| (*template).clone()))
}
