//! The listener's door: limits, the Host header parsed once, health before any tenant.
use axum::Router;
use axum::middleware::from_fn_with_state;
use hotelhub_web::health::{Finding, Health};
use hotelhub_web::{AppError, Front, Kind};
use tokio_postgres::NoTls;

use crate::config::Mode;
use crate::node::Node;
use crate::{router, tenancy};

/// Everything that the public listener answers.
pub fn app(node: &Node) -> Router {
    let (doors, _) = router::doors();
    let tenants = doors
        .fallback(async || AppError::new(Kind::NotFound, "not-found", "There is nothing at this address."))
        .layer(from_fn_with_state(node.clone(), tenancy::resolve))
        .with_state(node.clone());
    let mut front =
        Front::new(node.ids.clone(), node.metrics.clone(), node.templates.clone(), node.settings.public_scheme);
    front.trusted_proxies.clone_from(&node.settings.trusted_proxies);
    front.around(health(node).router().merge(tenants))
}

/// What makes this process fit to serve.
pub fn health(node: &Node) -> Health {
    let health = Health::new(env!("CARGO_PKG_VERSION"), &node.clock);
    let health = match &node.settings.mode {
        Mode::Standalone(standalone) => {
            let url = standalone.database_url.clone();
            health.check("database", move || {
                let url = url.clone();
                async move { Finding::of(reach(url.expose()).await) }
            })
        }
        Mode::Saas(_) => {
            let directory = node.directory.clone();
            let routes = move || {
                let filled = directory.is_filled();
                async move { if filled { Finding::ok() } else { Finding::Ill("no routing table yet".to_owned()) } }
            };
            let servers = node.directory.clone();
            health.check("routes", routes).check("database", move || {
                let servers = servers.clone();
                async move { Finding::of(any_listens(&servers).await) }
            })
        }
    };
    match &node.redis {
        Some(redis) => {
            let redis = redis.clone();
            health.check("redis", move || {
                let mut redis = redis.clone();
                async move { Finding::of(redis::cmd("PING").query_async::<String>(&mut redis).await) }
            })
        }
        None => health,
    }
}

/// Opens one connection: what a guest would need.
async fn reach(url: &str) -> Result<(), tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    let driver = tokio::spawn(connection);
    let outcome = client.simple_query("select 1").await;
    drop(client);
    driver.abort();
    outcome.map(|_| ())
}

/// Whether the tenants' servers are there. One that is away is the affair of its tenants; all away is ours.
async fn any_listens(directory: &tenancy::Directory) -> Result<(), std::io::Error> {
    let mut last = Ok(());
    for cluster in directory.clusters() {
        match tokio::net::TcpStream::connect((cluster.host.as_str(), cluster.port)).await {
            Ok(_) => return Ok(()),
            Err(error) => last = Err(error),
        }
    }
    last
}
