//! A running process: its listeners, its background work, and how it ends.
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use hotelhub_kernel::Host;
use hotelhub_protocol::Role;
use hotelhub_web::lanes::Lanes;
use hotelhub_web::origin::Scheme;
use hotelhub_web::server::{self, Limits};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Sources, node, saas, standalone};
use crate::config::{Mode, Settings, Standalone};
use crate::edge;
use crate::link::Link;
use crate::node::Node;
use crate::queue::{Worker, carry_hints};
use crate::work;

/// How long it may take to reach Redis.
const REDIS_PATIENCE: Duration = Duration::from_millis(500);

/// How long everything together may take to stop.
const DRAIN: Duration = Duration::from_secs(25);

/// A running process.
pub struct House {
    /// Its state.
    pub node: Node,
    /// Where guests and staff are answered; absent where nobody is.
    pub address: Option<SocketAddr>,
    /// Where measurements are shown.
    pub metrics_address: Option<SocketAddr>,
    stop: CancellationToken,
    tasks: JoinSet<()>,
    /// Jobs that are finished last may go on with connections that were opened there.
    _lanes: Lanes,
}

/// Starts what `roles` say, and returns once it listens.
pub async fn start(settings: Settings, roles: &[Role], sources: Sources) -> anyhow::Result<House> {
    let serves = roles.contains(&Role::Serve);
    let listener = if serves { Some(listen(settings.listen).await?) } else { None };
    let address = listener.as_ref().map(TcpListener::local_addr).transpose()?;
    let redis = settings.redis_url.as_ref().map(|url| dial_redis(url.expose())).transpose()?;
    let plain = settings.public_scheme == Scheme::Http;
    let port = settings.public_port.or_else(|| address.filter(|at| plain && at.port() != 80).map(|at| at.port()));
    let learnt = match &settings.mode {
        Mode::Standalone(mode) => {
            standalone::learn(mode, &origin(mode, settings.public_scheme, port), &sources).await?
        }
        Mode::Saas(mode) => saas::learn(mode)?,
    };
    let node = node(settings, sources, roles, learnt, redis, port)?;
    let (stop, mut tasks) = (CancellationToken::new(), JoinSet::new());
    let link = match &node.settings.mode {
        Mode::Saas(mode) => Some(saas::link(&node, mode, roles)?),
        Mode::Standalone(_) => None,
    };
    let metrics_address = show_metrics(&node, link.as_ref(), &stop, &mut tasks).await?;
    let (pools, calendars, stopped) = (node.pools.clone(), node.calendars.clone(), stop.clone());
    tasks.spawn(async move {
        stopped.run_until_cancelled(async { tokio::join!(pools.keep_tidy(), calendars.keep_tidy()) }).await;
    });
    if let Some(link) = link {
        tasks.spawn(link.run(stop.clone()));
    }
    if roles.contains(&Role::Work) {
        let worker = Worker::new(node.clone(), work::registry(&node)?)?;
        tasks.spawn(worker.run(stop.clone()));
    }
    if let Some(url) = node.settings.redis_url.clone() {
        let (hints, entropy, stop) = (node.hints.clone(), node.entropy.clone(), stop.clone());
        let works = roles.contains(&Role::Work);
        tasks.spawn(async move { carry_hints(hints, url.expose(), works, entropy, stop).await });
    }
    let lanes = if serves { Lanes::start()? } else { Lanes::none() };
    if let Some(listener) = listener {
        tasks.spawn(server::serve(
            listener,
            edge::app(&node),
            Limits::default(),
            lanes.clone(),
            stop.clone().cancelled_owned(),
        ));
    }
    let shown = address.map_or_else(|| "none".to_owned(), |address| address.to_string());
    tracing::info!(address = shown, "listening");
    Ok(House { node, address, metrics_address, stop, tasks, _lanes: lanes })
}

impl House {
    /// Ends when `signal` does: running requests and jobs are finished first, new ones refused.
    pub async fn run_until(mut self, signal: impl Future<Output = ()>) {
        tokio::select! {
            () = signal => {}
            Some(ended) = self.tasks.join_next() => {
                tracing::error!(panicked = ended.is_err(), "a part of the process ended by itself; stopping");
            }
        }
        self.stop().await;
    }

    /// Lets running requests and jobs finish, then ends.
    pub async fn stop(mut self) {
        self.stop.cancel();
        let drained = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(DRAIN, drained).await.is_err() {
            tracing::warn!("something did not stop in time and was cut off");
        }
    }
}

/// What links of a standalone house begin with.
fn origin(mode: &Standalone, scheme: Scheme, port: Option<u16>) -> String {
    if let Some(url) = &mode.public_url {
        return url.clone();
    }
    let host = mode.hosts.first().map_or("localhost", Host::as_str);
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    let origin = format!("{}://{host}{port}", scheme.as_str());
    if mode.hosts.is_empty() {
        tracing::warn!(origin, "letters link to this address; set HOTELHUB_PUBLIC_URL to where guests reach the hotel");
    }
    origin
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen at {address}"))
}

async fn show_metrics(
    node: &Node,
    link: Option<&Link>,
    stop: &CancellationToken,
    tasks: &mut JoinSet<()>,
) -> anyhow::Result<Option<SocketAddr>> {
    let Some(address) = node.settings.metrics_listen else { return Ok(None) };
    let listener = listen(address).await?;
    let address = listener.local_addr()?;
    let peers = link.map(Link::router).unwrap_or_default();
    let router = node.metrics.router().merge(edge::health(node).router()).merge(peers);
    tasks.spawn(server::serve(listener, router, Limits::default(), Lanes::none(), stop.clone().cancelled_owned()));
    tracing::info!(%address, "showing metrics");
    Ok(Some(address))
}

/// Dialled when it is first needed, and again whenever it was away: a process starts and serves without it.
fn dial_redis(url: &str) -> anyhow::Result<ConnectionManager> {
    let client = redis::Client::open(url).context("HOTELHUB_REDIS_URL is not understood")?;
    let config = ConnectionManagerConfig::new().set_connection_timeout(Some(REDIS_PATIENCE)).set_number_of_retries(1);
    ConnectionManager::new_lazy_with_config(client, config).context("HOTELHUB_REDIS_URL is not understood")
}
