//! Orders as a page.
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{Html, Response};
use axum::routing::{get, post};
use hotelhub_identity::StaffPermission;
use hotelhub_web::preferences::see_other;
use hotelhub_web::{Flash, FormBody, Nothing, Page, PageQuery, Query, Result, Visit};
use serde::Serialize;
use uuid::Uuid;

use super::desk::{Filter, Retry};
use super::listed::{self, Listed};
use super::store;
use crate::App;
use crate::staff::{Mode, VendorStaff};
use crate::vendor::{form_key, moment, next, shell};

/// The pages.
pub fn pages() -> Router<App> {
    Router::new().route("/vendor/orders", get(list)).route("/vendor/orders/{id}/retry", post(again))
}

/// What the fleet was told to do, and how it went.
#[derive(Clone, Debug, Serialize)]
pub struct OrdersPage {
    form_key: String,
    may_retry: bool,
    tabs: Vec<Tab>,
    orders: Vec<OrderLine>,
    next: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct Tab {
    key: String,
    state: &'static str,
    current: bool,
}

/// One order.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct OrderLine {
    id: String,
    kind_key: String,
    state_key: String,
    tone: &'static str,
    failed: bool,
    slug: Option<String>,
    tenant: Option<String>,
    cluster: String,
    database: String,
    attempts: i16,
    node: Option<String>,
    reason: Option<String>,
    placed: String,
}

impl OrderLine {
    pub(crate) fn of(order: Listed, visit: &Visit) -> Self {
        Self {
            id: order.id.to_string(),
            kind_key: format!("order.{}", order.kind),
            state_key: format!("order.{}", order.state),
            tone: match order.state.as_str() {
                "done" => "good",
                "failed" => "bad",
                "leased" => "warn",
                _ => "calm",
            },
            failed: order.state == "failed",
            slug: order.slug,
            tenant: order.tenant_id.map(|id| format!("/vendor/tenants/{id}")),
            cluster: order.cluster,
            database: order.database,
            attempts: order.attempts,
            node: order.leased_by,
            reason: order.last_error,
            placed: moment(order.created_at, visit),
        }
    }

    pub(crate) fn sample() -> Self {
        Self {
            id: Uuid::nil().to_string(),
            kind_key: "order.create_tenant".to_owned(),
            state_key: "order.failed".to_owned(),
            tone: "bad",
            failed: true,
            slug: Some("melati".to_owned()),
            tenant: Some("/vendor/tenants/1".to_owned()),
            cluster: "jkt-1".to_owned(),
            database: "t_01".to_owned(),
            attempts: 8,
            node: Some("node-1".to_owned()),
            reason: Some("the disk is full".to_owned()),
            placed: "3 Jul 2026 10.15".to_owned(),
        }
    }
}

impl Page for OrdersPage {
    const TEMPLATE: &'static str = "vendor/orders";

    fn sample() -> Self {
        let next = Some("/vendor/orders?cursor=abc".to_owned());
        let orders = vec![OrderLine::sample()];
        Self { form_key: "01980f6e-7b9a".to_owned(), may_retry: true, tabs: tabs(Some("failed")), orders, next }
    }
}

fn tabs(current: Option<&str>) -> Vec<Tab> {
    let all = Tab { key: "order.all".to_owned(), state: "", current: current.is_none() };
    let each = store::STATES.map(|state| Tab { key: format!("order.{state}"), state, current: current == Some(state) });
    std::iter::once(all).chain(each).collect()
}

async fn list(
    State(app): State<App>,
    visit: Visit,
    staff: VendorStaff,
    Query(filter): Query<Filter>,
    page: PageQuery,
) -> Result<Html<String>> {
    staff.may(StaffPermission::FleetRead)?;
    let state = filter.state()?;
    let found = listed::list(&app.db.durable, state, None, page.cursor.as_ref(), page.limit).await?;
    let page = OrdersPage {
        form_key: form_key(&app),
        may_retry: staff.can(StaffPermission::FleetChange),
        tabs: tabs(state),
        orders: found.items.into_iter().map(|order| OrderLine::of(order, &visit)).collect(),
        next: next("/vendor/orders", &[("state", &filter.state)], found.next),
    };
    app.templates.render(&shell(&visit, &staff, "vendor.orders"), &page)
}

async fn again(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    FormBody(_, key): FormBody<Nothing>,
) -> Result<Response> {
    staff.does(&app, Retry { order: id }, (&key, Mode::ForGood)).await?;
    Ok(see_other("/vendor/orders", Some(&Flash::good("order.said.again"))))
}
