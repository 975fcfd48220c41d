//! What staff have done about exports: rule, row, order and audit line in one transaction.
use hotelhub_identity::StaffPermission;
use hotelhub_kernel::TenantId;
use hotelhub_protocol::Task;
use hotelhub_web::{AppError, Result};
use serde_json::json;
use uuid::Uuid;

use super::model::Refusal;
use super::store::{self, Asker, Listed};
use crate::App;
use crate::audit;
use crate::backups;
use crate::database::Tx;
use crate::fleet::orders::{self, NewOrder};
use crate::staff::{Act, VendorStaff};
use crate::wakes::Wake;

/// Somebody waits for it.
const ASKED: i16 = 40;

/// All of a tenant's data, into the exchange.
pub(super) struct Export(pub(super) TenantId);

impl Act for Export {
    type Told = Listed;

    /// What gives all data away needs what deletes them.
    fn needs(&self) -> StaffPermission {
        StaffPermission::TenantDelete
    }

    async fn carry_out(self, app: &App, tx: &mut Tx, staff: &VendorStaff) -> Result<Listed> {
        let (Self(tenant), now) = (self, app.clock.now());
        let (Placed::New(id) | Placed::Before(id)) = order(app, tx, tenant, &Asker::Staff(&staff.name)).await?;
        let (subject, details) = (tenant.to_string(), json!({ "export": id }));
        audit::record(tx, now, &staff.actor(), "tenant.export", ("tenant", &subject), Some(tenant), details).await?;
        Ok(store::list(tx, None, Some(id), 1).await?.pop().ok_or(Refusal::Unknown)?)
    }
}

/// An export that is ordered.
pub(super) enum Placed {
    /// By this.
    New(Uuid),
    /// When the same was wished before.
    Before(Uuid),
}

/// Places the order of an export and writes both down. One of a tenant at a time. Whoever asks for an owner holds the tenant.
pub(super) async fn order(app: &App, tx: &mut Tx, tenant: TenantId, asker: &Asker<'_>) -> Result<Placed> {
    let now = app.clock.now();
    // What was ordered is told also while nothing could be ordered.
    if let Asker::Owner { wish, .. } = *asker
        && let Some(known) = store::of_wish(tx, tenant, wish).await?
    {
        return Ok(Placed::Before(known));
    }
    if app.exchange.is_none() {
        return Err(Refusal::NoExchange.into());
    }
    let lodging = backups::lodging(app, tx, tenant).await?;
    let (id, order) = (app.ids.next(), app.ids.next());
    let (cluster, database) = (lodging.cluster, lodging.database);
    let task = Task::ExportTenant { cluster, database, tenant, export: id };
    orders::place(tx, &NewOrder { id: order, tenant: None, priority: ASKED, task }, now).await?;
    let noted = store::note_ordered(tx, (id, order), (tenant, asker), now).await;
    noted.map_err(|error| match error.constraint() {
        Some("exports_one_at_a_time") => Refusal::Exporting.into(),
        _ => AppError::from(error),
    })?;
    Ok(Placed::New(id))
}

/// An export called off that is under way. What may lie in the exchange of it is removed later.
pub(super) struct CallOff(pub(super) Uuid);

impl Act for CallOff {
    type Told = Listed;
    const WAKES: &'static [Wake] = &[];

    fn needs(&self) -> StaffPermission {
        StaffPermission::TenantChange
    }

    async fn carry_out(self, app: &App, tx: &mut Tx, staff: &VendorStaff) -> Result<Listed> {
        let (Self(id), now) = (self, app.clock.now());
        store::list(tx, None, Some(id), 1).await?.pop().ok_or(Refusal::Unknown)?;
        let order = store::order_of(tx, id).await?.ok_or(Refusal::Over)?;
        orders::withdraw(tx, order, now).await?;
        let reason = format!("{} called it off", staff.name);
        let tenant = store::note_called_off(tx, id, &reason, now).await?.ok_or(Refusal::Over)?;
        let (subject, details) = (tenant.to_string(), json!({ "export": id }));
        let (actor, action) = (staff.actor(), "tenant.export_called_off");
        audit::record(tx, now, &actor, action, ("tenant", &subject), Some(tenant), details).await?;
        Ok(store::list(tx, None, Some(id), 1).await?.pop().ok_or(Refusal::Unknown)?)
    }
}
