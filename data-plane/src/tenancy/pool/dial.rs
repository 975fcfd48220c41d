//! The way into a Postgres server: a watched socket, and a client signed in on it.
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use hotelhub_web::lanes::Socket;
use socket2::{SockRef, TcpKeepalive};
use thiserror::Error;
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use tokio_postgres::{Client, Config, NoTls, config};
use tokio_util::either::Either;

use super::budget::Permit;
use crate::tenancy::wire::{Watched, Wire};

/// Why nobody was let in.
#[derive(Debug, Error)]
pub(crate) enum DialError {
    #[error("the server cannot be reached: {0}")]
    Unreachable(#[from] io::Error),
    #[error("the server refused: {0}")]
    Refused(#[from] tokio_postgres::Error),
}

/// A client, and what moves its bytes for as long as the connection lasts.
pub(crate) struct Dialled {
    pub(crate) client: Client,
    pub(crate) connection: Pin<Box<dyn Future<Output = Result<(), tokio_postgres::Error>> + Send>>,
    pub(super) wire: Arc<Wire>,
}

/// An address that does not say which server is meant.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("it must name one server, by one `host`")]
pub(crate) struct NotOneServer;

/// A budget is of one server: an address that names several, or none, is none.
pub(crate) fn must_name_one_server(config: &Config) -> Result<(), NotOneServer> {
    let is_one = config.get_hosts().len() == 1 && config.get_ports().len() <= 1 && config.get_hostaddrs().is_empty();
    if is_one { Ok(()) } else { Err(NotOneServer) }
}

/// Opens a connection at the one address of `config`. Its permit is free when the server has let go of it too.
pub(crate) async fn dial(config: &Config, permit: Permit) -> Result<Dialled, DialError> {
    match reach(config).await? {
        Either::Left(stream) => sign_in(config, stream, permit).await,
        Either::Right(stream) => sign_in(config, stream, permit).await,
    }
}

/// A socket to the one address of `config`, on which nothing was said yet.
pub(crate) async fn reach(config: &Config) -> io::Result<Either<TcpStream, UnixStream>> {
    let limit = config.get_connect_timeout().copied();
    match (config.get_hosts().first(), config.get_ports().first()) {
        (Some(config::Host::Unix(folder)), port) => {
            let socket = folder.join(format!(".s.PGSQL.{}", port.unwrap_or(&5432)));
            Ok(Either::Right(within(limit, UnixStream::connect(socket)).await?))
        }
        (Some(config::Host::Tcp(host)), port) => {
            let stream = within(limit, TcpStream::connect((host.as_str(), *port.unwrap_or(&5432)))).await?;
            set_up(config, &stream)?;
            Ok(Either::Left(stream))
        }
        (None, _) => Err(io::Error::other("no host is known for the server")),
    }
}

/// Nothing said is held back, and a line that falls silent is noticed as the address says: `keepalives…`, `tcp_user_timeout`.
pub(super) fn set_up(config: &Config, stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    #[cfg(target_os = "linux")]
    if let Some(limit) = config.get_tcp_user_timeout() {
        socket.set_tcp_user_timeout(Some(*limit))?;
    }
    if !config.get_keepalives() {
        return Ok(());
    }
    let mut asked = TcpKeepalive::new().with_time(config.get_keepalives_idle());
    if let Some(interval) = config.get_keepalives_interval() {
        asked = asked.with_interval(interval);
    }
    if let Some(retries) = config.get_keepalives_retries() {
        asked = asked.with_retries(retries);
    }
    socket.set_tcp_keepalive(&asked)
}

async fn within<S>(limit: Option<Duration>, connecting: impl Future<Output = io::Result<S>>) -> io::Result<S> {
    match limit {
        Some(limit) => timeout(limit, connecting).await?,
        None => connecting.await,
    }
}

async fn sign_in<S: Socket>(config: &Config, stream: S, permit: Permit) -> Result<Dialled, DialError> {
    let (stream, wire) = Watched::new(stream, permit);
    let (client, connection) = config.connect_raw(stream, NoTls).await?;
    Ok(Dialled { client, connection: Box::pin(connection), wire })
}
