//! The doors of the control plane, as HTTP calls.
use std::time::Duration;

use bytes::Bytes;
use hotelhub_kernel::Secret;
use hotelhub_protocol::{
    Heartbeat, HeartbeatAnswer, Inventory, LeaseWish, Report, Signed, VERSION, VERSION_HEADER, paths,
};
use reqwest::{RequestBuilder, Response, StatusCode};

use super::LinkError;

/// How long a call may take beyond the wait it asks for.
const PATIENCE: Duration = Duration::from_secs(10);
/// A whole table of a large house takes its time on a thin line.
const WHOLE_TABLE: Duration = Duration::from_secs(60);
/// Of several peers one may have died in the middle of a word.
const PEERS_TABLE: Duration = Duration::from_secs(15);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long the control plane may hold a wish for orders open.
pub(super) const WAIT: Duration = Duration::from_secs(25);
/// How often a node asks for changes at least, whether anything happened or not: the control plane holds the question open for so long.
const BEAT: Duration = Duration::from_secs(3);
/// An answer that has not begun so long after the beat is lost, and asked for again: within five seconds of the change.
const GRACE: Duration = Duration::from_millis(1_500);

pub(super) struct ControlClient {
    pub(super) http: reqwest::Client,
    base: String,
    token: Secret<String>,
}

/// The door of another node.
pub(super) struct PeerClient(reqwest::Client);

/// What became of a report.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// It was taken, and is as it says.
    Taken,
    /// It was taken, and the switch it tells of was not made.
    NotMade,
    /// The order is another's by now.
    Stale,
}

/// What asking for changes brought.
pub(super) enum Heard {
    /// Changes, sealed.
    Deltas(Bytes),
    /// None within the wait.
    Nothing,
    /// The control plane does not have what follows on our version.
    Gap,
}

impl ControlClient {
    pub(super) fn new(base: &str, token: Secret<String>) -> Result<Self, LinkError> {
        Ok(Self { http: http()?, base: base.trim_end_matches('/').to_owned(), token })
    }

    /// The whole table, sealed.
    pub(super) async fn snapshot(&self) -> Result<Bytes, LinkError> {
        let response = self.say(self.http.get(self.url(paths::SNAPSHOT)), WHOLE_TABLE).await?;
        Ok(expect_ok(response)?.bytes().await?)
    }

    pub(super) async fn deltas(&self, since: u64) -> Result<Heard, LinkError> {
        let query = format!("?since={since}&wait_ms={}", BEAT.as_millis());
        let asked = self.say(self.http.get(self.url(paths::DELTAS) + &query), BEAT + PATIENCE);
        let response = tokio::time::timeout(BEAT + GRACE, asked).await.map_err(|_| LinkError::Silent)??;
        match response.status() {
            StatusCode::NO_CONTENT => Ok(Heard::Nothing),
            StatusCode::GONE => Ok(Heard::Gap),
            _ => Ok(Heard::Deltas(expect_ok(response)?.bytes().await?)),
        }
    }

    pub(super) async fn heartbeat(&self, beat: &Heartbeat) -> Result<HeartbeatAnswer, LinkError> {
        let response = self.say(self.http.post(self.url(paths::HEARTBEAT)).json(beat), PATIENCE).await?;
        Ok(expect_ok(response)?.json().await?)
    }

    pub(super) async fn inventory(&self, inventory: &Inventory) -> Result<(), LinkError> {
        let response = self.say(self.http.post(self.url(paths::INVENTORY)).json(inventory), PATIENCE).await?;
        expect_ok(response).map(|_| ())
    }

    pub(super) async fn lease(&self, wish: &LeaseWish) -> Result<Option<Signed>, LinkError> {
        let response = self.say(self.http.post(self.url(paths::LEASE)).json(wish), WAIT + PATIENCE).await?;
        match response.status() {
            StatusCode::NO_CONTENT => Ok(None),
            _ => Ok(Some(expect_ok(response)?.json().await?)),
        }
    }

    /// What became of a report.
    pub(super) async fn report(&self, report: &Report) -> Result<Told, LinkError> {
        let response = self.say(self.http.post(self.url(paths::REPORT)).json(report), PATIENCE).await?;
        match response.status() {
            StatusCode::CONFLICT => Ok(Told::Stale),
            StatusCode::ACCEPTED => Ok(Told::NotMade),
            _ => expect_ok(response).map(|_| Told::Taken),
        }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub(super) async fn say(&self, call: RequestBuilder, limit: Duration) -> Result<Response, LinkError> {
        Ok(self.by_name(call).timeout(limit).send().await.map_err(reqwest::Error::without_url)?)
    }

    /// A call that shows who makes it.
    pub(super) fn by_name(&self, call: RequestBuilder) -> RequestBuilder {
        call.bearer_auth(self.token.expose()).header(VERSION_HEADER, VERSION.to_string())
    }
}

impl PeerClient {
    pub(super) fn new() -> Result<Self, LinkError> {
        Ok(Self(http()?))
    }

    /// What a peer has kept of the routing table, a [`hotelhub_protocol::Kept`] as it came.
    pub(super) async fn kept(&self, base: &str, word: &str) -> Result<Bytes, LinkError> {
        let url = format!("{}{}", base.trim_end_matches('/'), paths::KEPT);
        let call = self.0.get(url).bearer_auth(word).timeout(PEERS_TABLE);
        let response = call.send().await.map_err(reqwest::Error::without_url)?;
        Ok(expect_ok(response)?.bytes().await?)
    }
}

fn http() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .user_agent(concat!("hotelhub/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .tcp_nodelay(true)
        .build()
}

fn expect_ok(response: Response) -> Result<Response, LinkError> {
    match response.status() {
        status if status.is_success() => Ok(response),
        status => Err(LinkError::Answered(status.as_u16())),
    }
}
