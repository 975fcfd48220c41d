//! How a move begins: whether it may, where to, its row and its first order.
use hotelhub_kernel::TenantId;
use hotelhub_protocol::{ClusterId, Moving, Placement};
use uuid::Uuid;

use super::model::{Refusal, State};
use super::reports;
use super::store::{self, Beginning, Lodging, Open};
use crate::App;
use crate::database::{DbError, Tx};
use crate::fleet::{clusters, ready};
use crate::tenants;

/// Begins to move a tenant to a cluster; the move's id. What breaks a constraint has spoilt the transaction.
pub(super) async fn begin(
    app: &App,
    tx: &mut Tx,
    tenant: TenantId,
    to: &ClusterId,
    asked_by: &str,
) -> Result<Result<Uuid, Refusal>, DbError> {
    ready::take_turn(tx).await?;
    let lodging = match lodging(app, tx, tenant, to).await? {
        Ok(lodging) => lodging,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let Some(moving) = moving(app, tenant, lodging, to) else { return Ok(Err(Refusal::NotServed)) };
    let open = Open { id: app.ids.next(), state: State::Copying, moving, order: None, settled: false };
    let Some(order) = reports::place(app, tx, &open, State::Copying).await? else { return Ok(Err(Refusal::TooLate)) };
    let beginning = Beginning { id: open.id, moving: &open.moving, asked_by, order };
    match store::begin(tx, &beginning, app.clock.now()).await {
        Err(error) if error.constraint() == Some("moves_one_at_a_time") => Ok(Err(Refusal::Moving)),
        begun => begun.map(|()| Ok(open.id)),
    }
}

/// Where the tenant lies, if it may be moved from there to that cluster now.
async fn lodging(
    app: &App,
    tx: &mut Tx,
    tenant: TenantId,
    to: &ClusterId,
) -> Result<Result<Lodging, Refusal>, DbError> {
    if !tenants::is_known(tx, tenant).await? {
        return Ok(Err(Refusal::UnknownTenant));
    }
    let Some(lodging) = store::lodging(tx, tenant).await? else { return Ok(Err(Refusal::NotServed)) };
    let need = clusters::need_of(tx, tenant).await?;
    let candidates = clusters::candidates(tx).await?;
    let Some(target) = candidates.iter().find(|known| known.id == *to) else {
        return Ok(Err(Refusal::UnknownCluster));
    };
    let refusal = if lodging.cluster == *to && !lodging.shared {
        Refusal::ThereAlready
    } else if lodging.moving {
        Refusal::Moving
    } else if lodging.neighbour_leaving {
        Refusal::Neighbour
    } else if lodging.in_work {
        Refusal::InWork
    } else if !target.takes(need) || !target.has_room() {
        Refusal::NoRoom
    } else if target.template.is_none() || target.template != lodging.template {
        Refusal::Behind
    } else if !store::is_reachable(tx, [&lodging.cluster, to], app.clock.now()).await? {
        Refusal::NoWorker
    } else {
        return Ok(Ok(lodging));
    };
    Ok(Err(refusal))
}

/// From where it lies to a database of its own.
fn moving(app: &App, tenant: TenantId, lodging: Lodging, to: &ClusterId) -> Option<Moving> {
    let generation = u32::try_from(lodging.generation).unwrap_or(1);
    let source = Placement::at(lodging.cluster, &lodging.database, generation)?;
    let target = Placement::at(to.clone(), &ready::name(app.ids.next()), generation + 1)?;
    Some(Moving { tenant, source, target })
}
