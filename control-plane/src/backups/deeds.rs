//! What staff have done about backups: rule, rows, order, audit line and feed in one transaction.
use hotelhub_identity::StaffPermission;
use hotelhub_kernel::{Host, Slug, TenantId};
use hotelhub_protocol::{ClusterId, OrderId, Recovery, Restoration, Task};
use hotelhub_web::{AppError, Result};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::jobs::{self, ASKED};
use super::model::Refusal;
use super::restores::{self, Twin};
use super::store::{self, Lodging};
use super::{bases, calling_off, gone, overtaken};
use crate::App;
use crate::audit;
use crate::database::{DbError, Tx};
use crate::exports;
use crate::fleet::feed;
use crate::fleet::orders::{self, NewOrder};
use crate::fleet::ready;
use crate::staff::{Act, VendorStaff};
use crate::tenants;
use crate::wakes::Wake;

/// Days in which a copy costs nothing.
const TRIAL: SignedDuration = SignedDuration::from_hours(14 * 24);

/// What visitors read while a hotel is closed for its data.
const CLOSED: &str = "Data hotel sedang dipulihkan dari cadangan. / The hotel's data are being restored from a backup.";

/// Which backup is restored, and into what.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RestoreWish {
    /// The backup; the newest good one if absent.
    #[serde(default)]
    pub(super) backup: Option<Uuid>,
    /// Instead: the instant it is to be as it was at, made out of a base backup of its cluster and the WAL since.
    #[serde(default)]
    pub(super) at: Option<Timestamp>,
    /// The tenant's name once more: its data are replaced.
    #[serde(default)]
    pub(super) slug: Option<String>,
    /// Instead: the name of a new tenant that is to be a copy.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(super) copy_as: Option<Slug>,
    /// The cluster it is restored onto; its own if absent.
    #[serde(default)]
    pub(super) onto: Option<String>,
    /// Of an instant: the timeline of the cluster's server on which it lies, where the server went two ways.
    #[serde(default)]
    pub(super) timeline: Option<u32>,
    /// Of an instant: the cluster's server is not asked for its newest WAL, for it is dead or was made anew. What lies in the store is all there
    /// is of it.
    #[serde(default)]
    pub(super) store_alone: bool,
}

/// Which backup is tried.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DrillWish {
    /// The backup; the newest good one if absent.
    #[serde(default)]
    pub(super) backup: Option<Uuid>,
}

/// What staff have done.
pub(super) enum Deed {
    /// A backup of a tenant.
    BackUp(TenantId),
    /// A restore of a tenant's backup.
    Restore(TenantId, RestoreWish),
    /// A restore to see that it can be done.
    Drill(TenantId, DrillWish),
    /// A restore undone.
    Undo(Uuid),
    /// A restore called off that is under way.
    CallOff(Uuid),
}

/// What came of it.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Done {
    Backup(store::Listed),
    Restore(restores::Listed),
}

impl Act for Deed {
    type Told = Done;
    const WAKES: &'static [Wake] = &[Wake::Orders, Wake::Routes];

    /// What replaces data needs what deletes them; what keeps them from being replaced does not.
    fn needs(&self) -> StaffPermission {
        match self {
            Self::BackUp(_) | Self::Drill(..) | Self::CallOff(_) => StaffPermission::TenantChange,
            Self::Restore(..) | Self::Undo(_) => StaffPermission::TenantDelete,
        }
    }

    async fn carry_out(self, app: &App, tx: &mut Tx, staff: &VendorStaff) -> Result<Done> {
        match self {
            Self::BackUp(tenant) => Ok(Done::Backup(backed_up(app, tx, staff, tenant).await?)),
            Self::Restore(tenant, wish) => Ok(Done::Restore(restored(app, tx, staff, tenant, wish).await?)),
            Self::Drill(tenant, wish) => Ok(Done::Restore(drilled(app, tx, staff, tenant, wish).await?)),
            Self::Undo(restore) => Ok(Done::Restore(undone(app, tx, staff, restore).await?)),
            Self::CallOff(restore) => Ok(Done::Restore(calling_off::called_off(app, tx, staff, restore).await?)),
        }
    }
}

async fn backed_up(app: &App, tx: &mut Tx, staff: &VendorStaff, tenant: TenantId) -> Result<store::Listed> {
    let lodging = lodging(app, tx, tenant).await?;
    let placed = jobs::place(app, tx, &lodging, (None, &staff.name, ASKED)).await;
    let id = placed.map_err(|error| taken(error, "backups_one_at_a_time", Refusal::BackingUp))?;
    note(app, tx, staff, "tenant.back_up", tenant, json!({ "backup": id })).await?;
    Ok(store::list(tx, None, Some(id), 1).await?.pop().ok_or(Refusal::UnknownBackup)?)
}

/// Where a tenant's data lies, if it can be backed up and restored there. It is given no other place until the transaction ends.
pub(crate) async fn lodging(app: &App, tx: &mut Tx, tenant: TenantId) -> Result<Lodging> {
    let lodging = staying(app, tx, tenant).await?;
    if lodging.kept { Ok(lodging) } else { Err(Refusal::NoStore.into()) }
}

/// The same on whatever cluster.
async fn staying(app: &App, tx: &mut Tx, tenant: TenantId) -> Result<Lodging> {
    tenants::hold_served(tx, tenant).await?;
    let known = tenants::is_known(tx, tenant).await?;
    let lodging = store::lodging(tx, tenant, app.clock.now()).await?;
    let lodging = lodging.ok_or(if known { Refusal::NotServed } else { Refusal::UnknownTenant })?;
    if lodging.moving {
        return Err(Refusal::Moving.into());
    }
    Ok(lodging)
}

/// Where what is restored is to lie: where the tenant is, or on the cluster that was named, whose workers have the store.
async fn target(app: &App, tx: &mut Tx, tenant: TenantId, wish: &RestoreWish) -> Result<Lodging> {
    let is_of_what_is_kept = wish.copy_as.is_some() && wish.at.is_none();
    let Some(onto) = &wish.onto else {
        return if is_of_what_is_kept { gone::source(app, tx, tenant).await } else { lodging(app, tx, tenant).await };
    };
    let onto = ClusterId(onto.clone());
    bases::must_have_store(tx, &onto, app.clock.now()).await?;
    let is_gone = is_of_what_is_kept && !tenants::hold_served(tx, tenant).await?;
    let home = if is_gone { gone::source(app, tx, tenant).await? } else { staying(app, tx, tenant).await? };
    Ok(Lodging { cluster: onto, ..home })
}

/// What is restored.
struct Chosen {
    backup: Uuid,
    /// Absent where it is still to be made.
    sha256: Option<String>,
}

/// The backup that was named, or the newest good one; it must be the tenant's own.
async fn chosen(tx: &mut Tx, tenant: TenantId, named: Option<Uuid>) -> Result<Chosen> {
    let id = match named {
        Some(id) => id,
        None => store::newest_good(tx, tenant).await?.ok_or(Refusal::NoneGood)?,
    };
    store::hold(tx, id).await?;
    let found = store::list(tx, None, Some(id), 1).await?.pop().ok_or(Refusal::UnknownBackup)?;
    if found.tenant_id != tenant.0 {
        return Err(Refusal::Foreign.into());
    }
    match found.sha256.filter(|_| found.state == "done") {
        Some(sha256) => Ok(Chosen { backup: found.id, sha256: Some(sha256) }),
        None => Err(Refusal::NotGood.into()),
    }
}

async fn restored(
    app: &App,
    tx: &mut Tx,
    staff: &VendorStaff,
    tenant: TenantId,
    wish: RestoreWish,
) -> Result<restores::Listed> {
    let (lodging, now) = (target(app, tx, tenant, &wish).await?, app.clock.now());
    let chosen = match (wish.backup, wish.at) {
        (Some(_), Some(_)) => return Err(bases::Refusal::Both.into()),
        (_, None) if wish.timeline.is_some() || wish.store_alone => return Err(bases::Refusal::NoInstant.into()),
        (_, Some(at)) => instant(app, tx, staff, (tenant, at), &wish).await?,
        (backup, None) => chosen(tx, tenant, backup).await?,
    };
    let into = match &wish.copy_as {
        Some(slug) => {
            let twin = twin(app, tx, &lodging, slug).await?;
            Into { kind: "copy", tenant: twin, slug: slug.clone(), closed_for_it: false }
        }
        None if wish.slug.as_deref() != Some(lodging.slug.as_str()) => return Err(Refusal::OtherName.into()),
        None => {
            let closed_for_it = tenants::close_for_work(tx, tenant, CLOSED, now).await?;
            let slug = Slug::parse(&lodging.slug).map_err(AppError::internal)?;
            Into { kind: "in_place", tenant, slug, closed_for_it }
        }
    };
    let details = json!({
        "backup": chosen.backup, "at": wish.at, "into": into.slug, "onto": wish.onto,
        "timeline": wish.timeline, "store_alone": wish.store_alone
    });
    let listed = order(app, tx, staff, (&lodging, chosen), &into).await?;
    note(app, tx, staff, "tenant.restore", tenant, details).await?;
    if into.closed_for_it {
        feed::publish_tenant(tx, tenant, now).await?;
    }
    Ok(listed)
}

/// A backup of an instant, ordered: what is restored from it waits until it is made.
async fn instant(
    app: &App,
    tx: &mut Tx,
    staff: &VendorStaff,
    (tenant, at): (TenantId, Timestamp),
    &RestoreWish { timeline, store_alone, .. }: &RestoreWish,
) -> Result<Chosen> {
    let (id, order, now) = (app.ids.next(), app.ids.next(), app.clock.now());
    if at > now {
        return Err(bases::Refusal::Future.into());
    }
    let source = bases::source(tx, tenant, at).await?.ok_or(bases::Refusal::NoneBefore)?;
    if !store_alone {
        bases::must_archive(tx, &source.cluster, now).await?;
    }
    let (base, sha256, of) = (source.base, source.sha256.clone(), source.database.clone());
    let recovery = Recovery { base, sha256, at, of, tenant, backup: id, timeline, store_alone };
    let task = Task::RecoverTenant { cluster: source.cluster.clone(), recovery };
    orders::place(tx, &NewOrder { id: order, tenant: None, priority: ASKED, task }, now).await?;
    let asked_by = &staff.name;
    let noted =
        store::note_instant(tx, &store::Instant { id, order, tenant, at, source: &source, asked_by }, now).await;
    noted.map_err(|error| taken(error, "backups_one_at_a_time", Refusal::BackingUp))?;
    Ok(Chosen { backup: id, sha256: None })
}

/// Orders the restores that waited for the backup of this order.
pub(super) async fn go_on(app: &App, tx: &mut Tx, order: OrderId, sha256: &str) -> Result<(), DbError> {
    for waited in restores::waited(tx, order).await? {
        let (id, now) = (app.ids.next(), app.clock.now());
        let Ok(slug) = Slug::parse(&waited.slug) else { continue };
        let restoration = Restoration {
            backup: waited.backup,
            source: waited.source,
            sha256: sha256.to_owned(),
            tenant: waited.tenant,
            slug,
            drill: false,
        };
        let task = Task::RestoreTenant { cluster: waited.cluster, database: waited.database, restoration };
        orders::place(tx, &NewOrder { id, tenant: None, priority: ASKED, task }, now).await?;
        restores::note_order(tx, waited.id, id).await?;
    }
    Ok(())
}

async fn drilled(
    app: &App,
    tx: &mut Tx,
    staff: &VendorStaff,
    tenant: TenantId,
    wish: DrillWish,
) -> Result<restores::Listed> {
    let lodging = lodging(app, tx, tenant).await?;
    let chosen = chosen(tx, tenant, wish.backup).await?;
    let slug = Slug::parse(&lodging.slug).map_err(AppError::internal)?;
    let details = json!({ "backup": chosen.backup });
    let into = Into { kind: "drill", tenant, slug, closed_for_it: false };
    let listed = order(app, tx, staff, (&lodging, chosen), &into).await?;
    note(app, tx, staff, "tenant.drill", tenant, details).await?;
    Ok(listed)
}

/// A tenant with this one's owner and plan, on trial, without a database.
async fn twin(app: &App, tx: &mut Tx, lodging: &Lodging, slug: &Slug) -> Result<TenantId> {
    let (tenant, now) = (TenantId(app.ids.next()), app.clock.now());
    let host = Host::of_slug(slug, &app.settings.base_domain);
    let twin = Twin {
        tenant,
        of: lodging.tenant,
        slug,
        host: &host,
        subscription: app.ids.next(),
        anchor: crate::today(&app.clock),
        trial_ends_at: now + TRIAL,
    };
    restores::begin_twin(tx, &twin, now).await.map_err(|error| match error.constraint() {
        Some("tenants_slug_unique" | "domains_pkey") => Refusal::SlugTaken.into(),
        _ => AppError::from(error),
    })?;
    Ok(tenant)
}

/// What a backup is restored into.
struct Into {
    kind: &'static str,
    tenant: TenantId,
    slug: Slug,
    closed_for_it: bool,
}

async fn order(
    app: &App,
    tx: &mut Tx,
    staff: &VendorStaff,
    (lodging, chosen): (&Lodging, Chosen),
    into: &Into,
) -> Result<restores::Listed> {
    let (id, now) = (app.ids.next(), app.clock.now());
    let database = ready::name(app.ids.next());
    let order = chosen.sha256.is_some().then(|| app.ids.next());
    let restoration = Restoration {
        backup: chosen.backup,
        source: lodging.tenant,
        sha256: chosen.sha256.unwrap_or_default(),
        tenant: into.tenant,
        slug: into.slug.clone(),
        drill: into.kind == "drill",
    };
    let task = Task::RestoreTenant { cluster: lodging.cluster.clone(), database: database.clone(), restoration };
    if let Some(id) = order {
        orders::place(tx, &NewOrder { id, tenant: None, priority: ASKED, task }, now).await?;
    }
    let ordered = restores::Ordered {
        id,
        backup: chosen.backup,
        kind: into.kind,
        tenant: into.tenant,
        asked_by: &staff.name,
        order,
        cluster: &lodging.cluster,
        database: &database,
        closed_for_it: into.closed_for_it,
    };
    let noted = restores::note_ordered(tx, &ordered, now).await;
    noted.map_err(|error| taken(error, "restores_one_at_a_time", Refusal::Restoring))?;
    Ok(restores::list(tx, None, Some(id), 1).await?.pop().ok_or(Refusal::UnknownRestore)?)
}

async fn undone(app: &App, tx: &mut Tx, staff: &VendorStaff, restore: Uuid) -> Result<restores::Listed> {
    let now = app.clock.now();
    let known = restores::list(tx, None, Some(restore), 1).await?.pop().ok_or(Refusal::UnknownRestore)?;
    let tenant = TenantId(known.tenant_id);
    if !tenants::hold_served(tx, tenant).await? {
        return Err(Refusal::NotUndone.into());
    }
    if store::lodging(tx, tenant, now).await?.is_some_and(|lodging| lodging.moving) {
        return Err(Refusal::Moving.into());
    }
    let undoable = restores::undoable(tx, restore, now).await?.ok_or(Refusal::NotUndone)?;
    ready::replace(tx, &undoable.old, tenant, None, now).await?;
    overtaken::follow(tx, tenant, &undoable.old, now).await?;
    exports::follow(tx, tenant, &undoable.old, now).await?;
    if let Some(to) = undoable.newest.filter(|newest| undoable.template.as_ref() != Some(newest)) {
        // No rollout came by while it was set aside.
        let task = Task::MigrateDatabases { cluster: undoable.cluster, databases: vec![undoable.old], to };
        orders::place(tx, &NewOrder { id: app.ids.next(), tenant: None, priority: ASKED, task }, now).await?;
    }
    restores::note_undone(tx, restore, &undoable.served, tenants::grace_from(app, now)).await?;
    note(app, tx, staff, "tenant.restore_undone", tenant, json!({ "restore": restore })).await?;
    feed::publish_tenant(tx, tenant, now).await?;
    Ok(restores::list(tx, None, Some(restore), 1).await?.pop().ok_or(Refusal::UnknownRestore)?)
}

async fn note(
    app: &App,
    tx: &mut Tx,
    staff: &VendorStaff,
    action: &str,
    tenant: TenantId,
    details: serde_json::Value,
) -> Result<()> {
    let subject = tenant.to_string();
    let now = app.clock.now();
    Ok(audit::record(tx, now, &staff.actor(), action, ("tenant", &subject), Some(tenant), details).await?)
}

/// Two at once: the constraint knows it before we do.
pub(super) fn taken(error: DbError, constraint: &str, refusal: impl std::convert::Into<AppError>) -> AppError {
    if error.constraint() == Some(constraint) { refusal.into() } else { error.into() }
}
