//! Pages about tenants.
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Html;
use axum::routing::get;
use hotelhub_identity::StaffPermission;
use hotelhub_kernel::{Rupiah, TenantId};
use hotelhub_web::preferences::see_other;
use hotelhub_web::{Badge, Page, PageQuery, Query, Result, Visit, format};
use serde::Serialize;
use uuid::Uuid;

use super::routes::{Filter, Whole, whole};
use super::{Status, new_page, store};
use crate::App;
use crate::audit::AuditLine;
use crate::backups::Kept;
use crate::exports::Taken;
use crate::fleet::moves::{Home, Travels};
use crate::fleet::orders::OrderLine;
use crate::staff::VendorStaff;
use crate::vendor::{form_key, moment, next, shell};

/// The pages.
pub fn pages() -> Router<App> {
    Router::new()
        .route("/vendor", get(async || see_other("/vendor/tenants", None)))
        .route("/vendor/tenants", get(list).post(new_page::create))
        .route("/vendor/tenants/new", get(new_page::show))
        .route("/vendor/tenants/{id}", get(read))
        .merge(super::forms::forms())
}

/// Tenants, searched and filtered by the address.
#[derive(Clone, Debug, Serialize)]
pub struct TenantsPage {
    q: String,
    /// Whether this member of staff may sign a hotel up.
    may_create: bool,
    tabs: Vec<Tab>,
    tenants: Vec<Line>,
    next: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct Tab {
    key: String,
    status: &'static str,
    current: bool,
}

#[derive(Clone, Debug, Serialize)]
struct Line {
    id: String,
    name: String,
    slug: String,
    status_key: String,
    tone: &'static str,
    in_maintenance: bool,
    email: String,
    plan: String,
    rooms: i32,
    since: String,
}

impl Page for TenantsPage {
    const TEMPLATE: &'static str = "vendor/tenants";

    fn sample() -> Self {
        let melati = Line {
            id: Uuid::nil().to_string(),
            name: "Hotel Melati".to_owned(),
            slug: "melati".to_owned(),
            status_key: "tenant.trial".to_owned(),
            tone: "calm",
            in_maintenance: true,
            email: "budi@melati.id".to_owned(),
            plan: "growth".to_owned(),
            rooms: 42,
            since: "3 Jul 2026 10.15".to_owned(),
        };
        let next = Some("/vendor/tenants?cursor=abc".to_owned());
        Self { q: "mel".to_owned(), may_create: true, tabs: tabs(None), tenants: vec![melati], next }
    }
}

fn tabs(current: Option<Status>) -> Vec<Tab> {
    let all = Tab { key: "tenant.all".to_owned(), status: "", current: current.is_none() };
    let each = Status::ALL.map(|status| Tab {
        key: format!("tenant.{}", status.as_str()),
        status: status.as_str(),
        current: current == Some(status),
    });
    std::iter::once(all).chain(each).collect()
}

async fn list(
    State(app): State<App>,
    visit: Visit,
    staff: VendorStaff,
    Query(filter): Query<Filter>,
    page: PageQuery,
) -> Result<Html<String>> {
    staff.may(StaffPermission::TenantRead)?;
    let search = filter.search()?;
    let found = store::list(&app.db.durable, &search, page.cursor.as_ref(), page.limit).await?;
    let line = |tenant: store::Listed| Line {
        id: tenant.id.to_string(),
        name: tenant.name,
        slug: tenant.slug,
        status_key: format!("tenant.{}", tenant.status.as_str()),
        tone: tenant.status.tone(),
        in_maintenance: tenant.in_maintenance,
        email: tenant.owner_email,
        plan: tenant.plan,
        rooms: tenant.rooms,
        since: moment(tenant.created_at, &visit),
    };
    let page = TenantsPage {
        may_create: staff.can(StaffPermission::TenantChange),
        tabs: tabs(search.status),
        tenants: found.items.into_iter().map(line).collect(),
        next: next("/vendor/tenants", &[("q", &filter.q), ("status", &filter.status)], found.next),
        q: filter.q.clone(),
    };
    app.templates.render(&shell(&visit, &staff, "vendor.tenants"), &page)
}

/// One tenant.
#[derive(Clone, Debug, Serialize)]
pub struct TenantPage {
    id: String,
    form_key: String,
    name: String,
    address: String,
    status_key: String,
    tone: &'static str,
    since: String,
    reason: Option<String>,
    maintenance: Option<Closed>,
    deletion: Option<Deleted>,
    /// When its name was given free.
    released: Option<String>,
    may_suspend: bool,
    may_resume: bool,
    may_close: bool,
    may_delete: bool,
    may_undelete: bool,
    /// Whether there is anything this member of staff may do.
    may_act: bool,
    /// Whether its database is there.
    kept: bool,
    slug: String,
    grace_days: u16,
    owner_name: String,
    owner_email: String,
    owner_phone: String,
    time_zone: String,
    created: String,
    plan: String,
    rooms: i32,
    /// The price, and whether it is for each room.
    price: Option<String>,
    per_room: bool,
    trial_ends: Option<String>,
    domains: Vec<String>,
    database: Option<Place>,
    vault: Kept,
    travels: Travels,
    taken: Taken,
    orders: Vec<OrderLine>,
    audit: Vec<AuditLine>,
}

/// That it is closed for a while.
#[derive(Clone, Debug, Serialize)]
struct Closed {
    text: String,
    since: String,
    until: Option<String>,
}

/// That it was deleted.
#[derive(Clone, Debug, Serialize)]
struct Deleted {
    reason: String,
    drop_after: String,
}

#[derive(Clone, Debug, Serialize)]
struct Place {
    name: String,
    cluster: String,
    state: Badge,
    template: String,
    generation: i32,
}

impl Page for TenantPage {
    const TEMPLATE: &'static str = "vendor/tenant";

    fn sample() -> Self {
        Self {
            id: Uuid::nil().to_string(),
            form_key: "01980f6e-7b9a".to_owned(),
            name: "Hotel Melati".to_owned(),
            address: "https://melati.hotelhub.id".to_owned(),
            status_key: "tenant.trial".to_owned(),
            tone: "calm",
            since: "3 Jul 2026 10.15".to_owned(),
            reason: Some("Tagihan Juli belum dibayar.".to_owned()),
            maintenance: Some(Closed {
                text: "Pindah ke server yang lebih besar.".to_owned(),
                since: "3 Jul 2026 10.15".to_owned(),
                until: Some("3 Jul 2026 11.00".to_owned()),
            }),
            deletion: Some(Deleted { reason: "Hotel dijual.".to_owned(), drop_after: "2 Agt 2026 10.15".to_owned() }),
            released: Some("3 Agt 2026 10.15".to_owned()),
            may_suspend: true,
            may_resume: true,
            may_close: true,
            may_delete: true,
            may_undelete: true,
            may_act: true,
            kept: true,
            slug: "melati".to_owned(),
            grace_days: 30,
            owner_name: "Budi Santoso".to_owned(),
            owner_email: "budi@melati.id".to_owned(),
            owner_phone: "+6281234567890".to_owned(),
            time_zone: "Asia/Jakarta".to_owned(),
            created: "3 Jul 2026 10.15".to_owned(),
            plan: "growth".to_owned(),
            rooms: 42,
            price: Some("Rp50.000".to_owned()),
            per_room: true,
            trial_ends: Some("17 Jul 2026 10.15".to_owned()),
            domains: vec!["melati.hotelhub.id".to_owned()],
            database: Some(Place {
                name: "t_01".to_owned(),
                cluster: "jkt-1".to_owned(),
                state: Badge { text: "live".to_owned(), tone: "good" },
                template: "13-abcdef01".to_owned(),
                generation: 1,
            }),
            vault: Kept::sample(),
            travels: Travels::sample(),
            taken: Taken::sample(),
            orders: vec![OrderLine::sample()],
            audit: vec![AuditLine::sample()],
        }
    }
}

impl TenantPage {
    fn of(
        app: &App,
        visit: &Visit,
        staff: &VendorStaff,
        (whole, vault, travels, taken): (Whole, Kept, Travels, Taken),
    ) -> Self {
        let Whole { tenant, orders, audit } = whole;
        let may = staff.can(StaffPermission::TenantChange);
        let may_delete = staff.can(StaffPermission::TenantDelete);
        let served = tenant.status != Status::Churned;
        let kept = tenant.database.is_some();
        let subscription = tenant.subscription;
        let place = tenant.database.map(|database| Place {
            state: Badge { tone: if database.state == "live" { "good" } else { "calm" }, text: database.state },
            name: database.name,
            cluster: database.cluster,
            template: database.template.unwrap_or_default(),
            generation: database.generation,
        });
        let may_undelete = may_delete && tenant.deletion.is_some() && kept;
        let address = tenant.domains.first().map(|host| app.settings.origin_of(host));
        Self {
            id: tenant.id.to_string(),
            form_key: form_key(app),
            name: tenant.name,
            address: address.unwrap_or_default(),
            status_key: format!("tenant.{}", tenant.status.as_str()),
            tone: tenant.status.tone(),
            since: moment(tenant.status_since, visit),
            reason: tenant.status_reason,
            may_suspend: may && matches!(tenant.status, Status::Trial | Status::Active),
            may_resume: may && tenant.status == Status::Suspended,
            may_close: may && served,
            may_delete: may_delete && served,
            may_undelete,
            may_act: served && (may || may_delete) || may_undelete,
            kept,
            slug: tenant.slug,
            grace_days: app.settings.tenant_grace_days,
            maintenance: tenant.maintenance.map(|closed| Closed {
                text: closed.text,
                since: moment(closed.since, visit),
                until: closed.until.map(|at| moment(at, visit)),
            }),
            deletion: tenant
                .deletion
                .map(|deleted| Deleted { reason: deleted.reason, drop_after: moment(deleted.drop_after, visit) }),
            released: tenant.released_at.map(|at| moment(at, visit)),
            owner_name: tenant.owner_name,
            owner_email: tenant.owner_email,
            owner_phone: tenant.owner_phone,
            time_zone: tenant.time_zone,
            created: moment(tenant.created_at, visit),
            plan: subscription.plan,
            rooms: subscription.rooms,
            price: subscription.monthly_idr.map(|amount| format::rupiah(Rupiah(amount))),
            per_room: subscription.basis == "per_room",
            trial_ends: subscription.trial_ends_at.map(|at| moment(at, visit)),
            domains: tenant.domains,
            database: place,
            vault,
            travels,
            taken,
            orders: orders.into_iter().map(|order| OrderLine::of(order, visit)).collect(),
            audit: audit.into_iter().map(|entry| AuditLine::of(entry, visit)).collect(),
        }
    }
}

async fn read(State(app): State<App>, visit: Visit, staff: VendorStaff, Path(id): Path<Uuid>) -> Result<Html<String>> {
    staff.may(StaffPermission::TenantRead)?;
    let whole = whole(&app, TenantId(id)).await?;
    let vault = Kept::of(&app, &visit, &staff, TenantId(id)).await?;
    let home = whole.tenant.database.as_ref().filter(|home| home.state == "live");
    let home = home.map(|home| Home { cluster: &home.cluster, quarters: &home.name });
    let travels = Travels::of(&app, &visit, &staff, (TenantId(id), home)).await?;
    let taken = Taken::of(&app, &visit, &staff, TenantId(id)).await?;
    let page = TenantPage::of(&app, &visit, &staff, (whole, vault, travels, taken));
    app.templates.render(&shell(&visit, &staff, "vendor.tenant").titled(page.name.clone()), &page)
}
