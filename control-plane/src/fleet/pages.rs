//! Nodes and clusters as a page.
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{Html, Response};
use axum::routing::{get, post};
use hotelhub_identity::StaffPermission;
use hotelhub_web::preferences::see_other;
use hotelhub_web::{Flash, FormBody, Nothing, Page, Result, Visit};
use jiff::Timestamp;
use serde::Serialize;

use super::clusters::{self, Intake};
use super::nodes::{self, Node, SILENCE};
use super::{moves, orders, rollouts, strays};
use crate::App;
use crate::backups::{self, Copied};
use crate::staff::{Mode, VendorStaff};
use crate::vendor::{form_key, moment, shell};

/// The pages.
pub fn pages() -> Router<App> {
    let own = Router::new()
        .route("/vendor/fleet", get(read))
        .route("/vendor/fleet/nodes/{name}/retire", post(retire))
        .route("/vendor/fleet/clusters/{id}/close", post(close))
        .route("/vendor/fleet/clusters/{id}/open", post(open))
        .route("/vendor/fleet/clusters/{id}/drain", post(drain))
        .route("/vendor/fleet/strays/{name}/drop", post(drop_stray));
    own.merge(orders::pages()).merge(rollouts::pages()).merge(moves::forms())
}

/// What serves, and where the databases are.
#[derive(Clone, Debug, Serialize)]
pub struct FleetPage {
    form_key: String,
    may_change: bool,
    nodes: Vec<NodeLine>,
    clusters: Vec<ClusterLine>,
    /// What should not be there, or is not and should.
    strays: Vec<StrayLine>,
}

#[derive(Clone, Debug, Serialize)]
struct StrayLine {
    name: String,
    cluster: String,
    kind_key: String,
    why_key: String,
    tone: &'static str,
    may_drop: bool,
    since: String,
    seen: String,
}

#[derive(Clone, Debug, Serialize)]
struct NodeLine {
    name: String,
    roles: String,
    state_key: &'static str,
    tone: &'static str,
    retired: bool,
    version: String,
    heard: String,
    routes_version: Option<u64>,
    mebibytes: Option<u64>,
    requests: Option<u64>,
    connections: Option<u32>,
    /// Hotels open of those known.
    hotels: Option<String>,
    /// Hotels whose jobs wait, jobs given up.
    jobs: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct ClusterLine {
    id: String,
    address: String,
    state_key: &'static str,
    tier_key: String,
    closed: bool,
    /// Hotels that live there or whose move from there is not over, while it is being emptied, and why that stands still.
    leaving: Option<i64>,
    halted: Option<String>,
    /// From when on instants can be made of its newest copy, where it is copied; and whether that is too old.
    copied: Option<String>,
    copy_overdue: bool,
    /// Whether it is to archive its WAL, and nobody sees that it does.
    wal_unarchived: bool,
    may_drain: bool,
    granted: i64,
    budget: i32,
    databases: i64,
    capacity: i32,
    ready: i64,
    template: String,
}

impl NodeLine {
    fn of(node: Node, now: Timestamp, visit: &Visit) -> Self {
        let (state_key, tone) = match (node.retired_at, node.last_heartbeat_at) {
            (Some(_), _) => ("node.retired", "calm"),
            (None, None) => ("node.expected", "calm"),
            (None, Some(_)) if node.is_heard_after(now - SILENCE) => ("node.well", "good"),
            (None, Some(_)) => ("node.silent", "bad"),
        };
        let load = node.load;
        let usage = load.as_ref().map(|load| load.usage);
        Self {
            name: node.name,
            roles: node.roles.join(", "),
            state_key,
            tone,
            retired: node.retired_at.is_some(),
            version: node.version.unwrap_or_default(),
            heard: node.last_heartbeat_at.map(|at| moment(at, visit)).unwrap_or_default(),
            routes_version: load.as_ref().map(|load| load.routes_version),
            mebibytes: load.as_ref().map(|load| load.resident_bytes / (1024 * 1024)),
            requests: load.as_ref().map(|load| load.requests_total),
            connections: load.as_ref().map(|load| load.clusters.iter().map(|cluster| cluster.open).sum()),
            hotels: usage.map(|usage| format!("{} / {}", usage.hotels_open, usage.hotels_known)),
            jobs: usage.map(|usage| format!("{} / {}", usage.hotels_waiting, usage.jobs_failed)),
        }
    }
}

impl StrayLine {
    fn of(stray: strays::Listed, visit: &Visit) -> Self {
        Self {
            kind_key: format!("stray.{}", stray.kind),
            why_key: format!("stray.{}.why", stray.kind),
            tone: if stray.may_drop { "calm" } else { "bad" },
            may_drop: stray.may_drop,
            since: moment(stray.first_seen_at, visit),
            seen: moment(stray.last_seen_at, visit),
            name: stray.name,
            cluster: stray.cluster,
        }
    }
}

impl ClusterLine {
    fn of(cluster: clusters::Listed, copied: &[Copied], visit: &Visit) -> Self {
        let copied = copied.iter().find(|copied| copied.cluster == cluster.id);
        let closed = cluster.state != "open";
        let state_key = match (cluster.state.as_str(), cluster.databases >= i64::from(cluster.capacity)) {
            ("draining", _) => "cluster.draining",
            ("closed", _) => "cluster.closed",
            (_, true) => "cluster.full",
            (_, false) => "cluster.open",
        };
        Self {
            id: cluster.id,
            address: format!("{}:{}", cluster.host, cluster.port),
            state_key,
            tier_key: format!("cluster.tier.{}", cluster.tier),
            closed,
            leaving: (cluster.state == "draining").then_some(cluster.hotels.max(cluster.leaving)),
            may_drain: cluster.hotels > 0 && (cluster.state != "draining" || cluster.drain_halted_because.is_some()),
            halted: cluster.drain_halted_because,
            copied: copied.and_then(|copied| copied.newest).map(|at| moment(at, visit)),
            copy_overdue: copied.is_some_and(|copied| copied.overdue),
            wal_unarchived: copied.is_some_and(|copied| copied.unarchived),
            granted: cluster.granted,
            budget: cluster.budget,
            databases: cluster.databases,
            capacity: cluster.capacity,
            ready: cluster.ready,
            template: cluster.template.unwrap_or_default(),
        }
    }
}

impl Page for FleetPage {
    const TEMPLATE: &'static str = "vendor/fleet";

    fn sample() -> Self {
        let node = NodeLine {
            name: "node-1".to_owned(),
            roles: "serve, work, fleet".to_owned(),
            state_key: "node.silent",
            tone: "bad",
            retired: false,
            version: "0.1.0".to_owned(),
            heard: "3 Jul 2026 10.15".to_owned(),
            routes_version: Some(7),
            mebibytes: Some(80),
            requests: Some(1_234),
            connections: Some(12),
            hotels: Some("7 / 42".to_owned()),
            jobs: Some("2 / 1".to_owned()),
        };
        let cluster = ClusterLine {
            id: "jkt-1".to_owned(),
            address: "10.0.0.5:5432".to_owned(),
            state_key: "cluster.draining",
            tier_key: "cluster.tier.shared".to_owned(),
            closed: true,
            leaving: Some(3),
            halted: Some("no other cluster has room for its hotels".to_owned()),
            copied: Some("1 Jul 2026 02.15".to_owned()),
            copy_overdue: true,
            wal_unarchived: true,
            may_drain: true,
            granted: 100,
            budget: 100,
            databases: 6,
            capacity: 1_000,
            ready: 4,
            template: "13-abcdef01".to_owned(),
        };
        let stray = StrayLine {
            name: "t_01980f6e7b9a7000a1b2c3d4e5f60718".to_owned(),
            cluster: "jkt-1".to_owned(),
            kind_key: "stray.unknown_database".to_owned(),
            why_key: "stray.unknown_database.why".to_owned(),
            tone: "calm",
            may_drop: true,
            since: "3 Jul 2026 10.15".to_owned(),
            seen: "3 Jul 2026 10.17".to_owned(),
        };
        let form_key = "01980f6e-7b9a".to_owned();
        Self { form_key, may_change: true, nodes: vec![node], clusters: vec![cluster], strays: vec![stray] }
    }
}

async fn read(State(app): State<App>, visit: Visit, staff: VendorStaff) -> Result<Html<String>> {
    staff.may(StaffPermission::FleetRead)?;
    let now = app.clock.now();
    let nodes = nodes::list(&app.db.durable).await?;
    let copied = backups::copied(&app.db.durable, now).await?;
    let line = |cluster| ClusterLine::of(cluster, &copied, &visit);
    let page = FleetPage {
        form_key: form_key(&app),
        may_change: staff.can(StaffPermission::FleetChange),
        nodes: nodes.into_iter().map(|node| NodeLine::of(node, now, &visit)).collect(),
        clusters: clusters::list(&app.db.durable).await?.into_iter().map(line).collect(),
        strays: strays::list(&app.db.durable).await?.into_iter().map(|stray| StrayLine::of(stray, &visit)).collect(),
    };
    app.templates.render(&shell(&visit, &staff, "vendor.fleet"), &page)
}

async fn retire(
    State(app): State<App>,
    staff: VendorStaff,
    Path(name): Path<String>,
    FormBody(_, key): FormBody<Nothing>,
) -> Result<Response> {
    staff.does(&app, nodes::Retirement { node: name }, (&key, Mode::ForGood)).await?;
    Ok(see_other("/vendor/fleet", Some(&Flash::good("node.said.retired"))))
}

async fn close(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<String>,
    FormBody(_, key): FormBody<Nothing>,
) -> Result<Response> {
    staff.does(&app, clusters::Turn { cluster: id, intake: Intake::Closed }, (&key, Mode::ForGood)).await?;
    Ok(see_other("/vendor/fleet", Some(&Flash::good("cluster.said.closed"))))
}

async fn open(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<String>,
    FormBody(_, key): FormBody<Nothing>,
) -> Result<Response> {
    staff.does(&app, clusters::Turn { cluster: id, intake: Intake::Open }, (&key, Mode::ForGood)).await?;
    Ok(see_other("/vendor/fleet", Some(&Flash::good("cluster.said.open"))))
}

async fn drain(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<String>,
    FormBody(_, key): FormBody<Nothing>,
) -> Result<Response> {
    staff.does(&app, clusters::Turn { cluster: id, intake: Intake::Draining }, (&key, Mode::ForGood)).await?;
    Ok(see_other("/vendor/fleet", Some(&Flash::good("cluster.said.draining"))))
}

async fn drop_stray(
    State(app): State<App>,
    staff: VendorStaff,
    Path(name): Path<String>,
    FormBody(_, key): FormBody<Nothing>,
) -> Result<Response> {
    staff.does(&app, strays::Disposal { stray: name }, (&key, Mode::ForGood)).await?;
    Ok(see_other("/vendor/fleet", Some(&Flash::good("stray.said.dropped"))))
}
