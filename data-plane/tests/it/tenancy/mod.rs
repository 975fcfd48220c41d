//! Whose request it is, and whose connection: never another hotel's.
mod away;
mod budget;
mod clean;
mod hosts;
mod keys;
mod life;
mod once;
pub(crate) mod routes;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get;
use hotelhub_data_plane::node::Node;
use hotelhub_data_plane::tenancy::{Tenant, resolve};
use tower::ServiceExt as _;

use crate::house::{Hotel, House, in_both};

const WHO: &str = "select pg_backend_pid()";
const COUNT: &str = "select count(*) from settings where name like 'test.%'";
const KEEP: &str = "insert into settings (name, value, updated_at) values ($1, 'true', now())";

/// The tenant as a handler gets it: by the host of a request, for nothing else makes one.
pub(crate) async fn tenant_of(node: &Node, hotel: &Hotel) -> Tenant {
    let caught = Arc::new(Mutex::new(None));
    let catcher = caught.clone();
    let door = async move |tenant: Tenant| *catcher.lock().unwrap() = Some(tenant);
    let app = Router::new().route("/", get(door)).layer(resolve(node));
    let request = Request::builder().uri("/").header("host", &hotel.host).body(Body::empty()).unwrap();
    assert_eq!(app.oneshot(request).await.unwrap().status(), 200);
    let tenant = caught.lock().unwrap().take();
    tenant.expect("the door was reached")
}

/// The tenants of both hotels of a house.
async fn both(house: &House) -> (Tenant, Tenant) {
    (tenant_of(&house.node, &house.hotels[0]).await, tenant_of(&house.node, &house.hotels[1]).await)
}

/// The backend that serves the next loan.
async fn pid(tenant: &Tenant) -> i32 {
    tenant.connect().await.unwrap().query_one(WHO, &[]).await.unwrap().get(0)
}

/// How many rows the tests of this file have left in the hotel's settings.
async fn kept(tenant: &Tenant) -> i64 {
    tenant.connect().await.unwrap().query_one(COUNT, &[]).await.unwrap().get(0)
}

/// A counter of the node's metrics.
pub(crate) fn counted(node: &Node, name: &str) -> u64 {
    let text = String::from_utf8(node.metrics.text().unwrap()).unwrap();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
    line.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// Waits until no more than this many connections are open.
async fn settles_at(house: &House, connections: usize) {
    for _ in 0..3_000 {
        if house.node.pools.open_connections() <= connections {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{} connections are still open", house.node.pools.open_connections());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clerk_signs_in_to_either_kind_of_house() {
    in_both(async |house: &House| {
        let answer = house.desk().await.get("/api/v1/session").await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text);
    })
    .await;
}
