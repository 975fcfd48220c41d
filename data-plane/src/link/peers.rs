//! Nodes help one another: each hands out the table it lives by, and one that has none takes the newest while the control plane is away.
//! What the control plane has put into a store of objects is one more table to take.
//!
//! All are believed for the control plane's seal alone. What a peer or a store could do is withhold changes: so a table must be young.
use std::collections::HashMap;
use std::error::Error;
use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::get;
use futures_util::future::{Either, select};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use hotelhub_kernel::{Key, hex, sha256};
use hotelhub_protocol::{BadSignature, Deltas, FeedVerifier, Kept, Snapshot, in_store, paths};
use hotelhub_store::{Spot, Store};
use hotelhub_web::{AppError, Kind, Result};
use jiff::SignedDuration;
use tokio::time::{Instant, timeout_at};

use super::client::PeerClient;
use super::follow::Step;
use super::shelf::Generation;
use super::trust::{self, Doubt};
use super::{Inner, Link, LinkError};
use crate::tenancy::Applied;

/// How long the control plane may take before peers are asked beside it.
const HESITATION: Duration = Duration::from_secs(3);

/// Once one has a table to be believed, how long the others have to offer a newer one: of peers and a store one may say nothing for long.
const OTHERS: Duration = Duration::from_secs(5);

/// How long the store may take.
const STORES_PATIENCE: Duration = Duration::from_secs(15);

/// How the store is called among peers.
const THE_STORE: &str = "store";

/// A table of a hundred thousand hotels is a tenth of it.
const LONGEST_TABLE: usize = 512 * 1024 * 1024;

/// The nodes that this one may ask, and what they ask of one another.
pub(super) struct Peers {
    pub(super) urls: Vec<String>,
    /// Where the control plane puts its table.
    pub(super) store: Option<Store>,
    pub(super) client: PeerClient,
    /// What is shown at a node's door.
    pub(super) word: String,
    /// How old a peer's table may be, or the store's.
    pub(super) oldest: SignedDuration,
    /// What was wrong with each that has none for us when it was asked last.
    pub(super) told: Mutex<HashMap<String, String>>,
}

impl Peers {
    /// Whether something else is wrong with this peer than the last time: it is asked every few seconds, and told of once.
    pub(super) fn is_news(&self, url: &str, error: &dyn Error) -> bool {
        let error = error.to_string();
        self.told().insert(url.to_owned(), error.clone()) != Some(error)
    }

    pub(super) fn is_well(&self, url: &str) {
        self.told().remove(url);
    }

    fn told(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A peer's table whose seals are good.
struct Believed {
    kept: Kept,
    snapshot: Snapshot,
    deltas: Vec<Deltas>,
}

impl Believed {
    /// The version it leads to, as it will be taken on: what comes behind a gap leads nowhere.
    fn version(&self) -> u64 {
        let mut reached = self.snapshot.version;
        for delta in self.deltas.iter().flat_map(|deltas| &deltas.deltas) {
            if delta.version > reached + 1 {
                break;
            }
            reached = reached.max(delta.version);
        }
        reached
    }
}

/// What nodes of one house show one another.
pub(super) fn word(node_secret: &Key) -> String {
    hex(node_secret.derive("peers").expose())
}

impl Link {
    /// The door for peers. For a listener that strangers do not reach.
    pub fn router(&self) -> Router {
        Router::new().route(paths::KEPT, get(kept)).with_state(self.0.clone())
    }
}

/// Hands out the table this node lives by.
async fn kept(State(link): State<Arc<Inner>>, headers: HeaderMap) -> Result<impl IntoResponse> {
    let shown = headers.get(AUTHORIZATION).map_or(&[][..], |value| value.as_bytes());
    // Digests are compared: how long that takes tells nothing of the word.
    if sha256(shown) != sha256(format!("Bearer {}", link.peers.word).as_bytes()) {
        return Err(AppError::new(Kind::Unauthenticated, "unknown-node", "This door is for nodes of the house."));
    }
    // Beside the runtime: it may be megabytes.
    let read = tokio::task::spawn_blocking(move || link.shelf.offer()?.map(in_words).transpose());
    let none = || AppError::new(Kind::Unavailable, "no-table", "This node has kept no routing table yet.");
    let words = read.await.map_err(AppError::internal)?.map_err(AppError::internal)?.ok_or_else(none)?;
    Ok(([(CONTENT_TYPE, "application/json")], words))
}

/// What is kept, as it goes over the wire.
fn in_words(Generation { snapshot, deltas }: Generation) -> io::Result<Vec<u8>> {
    let snapshot = serde_json::from_slice(&snapshot)?;
    Ok(serde_json::to_vec(&Kept { snapshot, deltas })?)
}

/// Reads what a peer answered. Every seal must be the control plane's.
fn believe(verifier: &FeedVerifier, bytes: &[u8]) -> Result<Believed, Doubt> {
    let kept: Kept = serde_json::from_slice(bytes).map_err(|error| BadSignature::Envelope(error.to_string()))?;
    let snapshot = verifier.open("snapshot", &kept.snapshot)?;
    let deltas = kept.deltas.iter().map(|signed| verifier.open("deltas", signed));
    let deltas = deltas.collect::<Result<_, BadSignature>>()?;
    Ok(Believed { kept, snapshot, deltas })
}

/// What the control plane has put there.
async fn table_in(store: &Store) -> Result<Vec<u8>, LinkError> {
    let read = async {
        let reading = store.read(Spot::shared(in_store::ROUTES), in_store::TABLE).await?;
        reading.whole(LONGEST_TABLE).await
    };
    let whole = tokio::time::timeout(STORES_PATIENCE, read).await.map_err(|_| LinkError::Silent)??;
    Ok(whole.ok_or_else(|| Doubt::from(BadSignature::Envelope("it has no end".to_owned())))?)
}

impl Inner {
    /// The first table: the control plane's, or the newest of the peers' while it is silent. What it has begun to say goes on beside them.
    pub(super) async fn take_first(self: &Arc<Self>) -> Result<Step, LinkError> {
        let mut own = pin!(self.take_snapshot());
        match tokio::time::timeout(HESITATION, own.as_mut()).await {
            Ok(Ok(step)) => return Ok(step),
            Ok(refused) => {
                self.serve_by_newest(self.offers().await).await;
                return refused;
            }
            Err(_) => {}
        }
        match select(own, pin!(self.offers())).await {
            Either::Left((Ok(step), _)) => Ok(step),
            Either::Left((refused, offers)) => {
                self.serve_by_newest(offers.await).await;
                refused
            }
            Either::Right((offers, own)) => {
                self.serve_by_newest(offers).await;
                own.await
            }
        }
    }

    /// The tables of all peers that have one to be believed, and the store's. Who keeps silent keeps nobody else's table from being served.
    async fn offers(&self) -> Vec<Believed> {
        let Peers { urls, store, client, word, .. } = &self.peers;
        let of_peers = urls.iter().map(|url| {
            let kept = async move { client.kept(url, word).await.map(Vec::from) };
            self.offer_of(url, kept).boxed()
        });
        let of_store = store.iter().map(|store| self.offer_of(THE_STORE, table_in(store)).boxed());
        let mut coming: FuturesUnordered<_> = of_peers.chain(of_store).collect();
        let (mut offers, mut until) = (Vec::new(), None);
        loop {
            let next = match until {
                Some(until) => timeout_at(until, coming.next()).await.ok().flatten(),
                None => coming.next().await,
            };
            let Some(offer) = next else { return offers };
            offers.extend(offer);
            if until.is_none() && !offers.is_empty() {
                until = Some(Instant::now() + OTHERS);
            }
        }
    }

    async fn serve_by_newest(self: &Arc<Self>, offers: Vec<Believed>) {
        let Some(newest) = offers.into_iter().max_by_key(Believed::version) else { return };
        if self.parts.directory.is_filled() {
            return;
        }
        let Believed { kept, snapshot, deltas } = newest;
        self.take_on_table(snapshot);
        // What is wrong with the control plane's own table is so still.
        self.complaints.disk_is_made_good();
        let follows_on = |deltas| self.take_on_changes(deltas) != Applied::Gap;
        let whole = deltas.into_iter().all(follows_on);
        self.keep(move |inner| {
            inner.shelf.keep_snapshot(&serde_json::to_vec(&kept.snapshot)?)?;
            inner.shelf.append(&kept.deltas)?;
            if !whole {
                inner.shelf.doubt_journal();
            }
            Ok(())
        })
        .await;
        tracing::info!(
            routes.version = self.parts.directory.version(),
            "serving by the routing table of a peer or of the store"
        );
    }

    async fn offer_of(&self, url: &str, kept: impl Future<Output = Result<Vec<u8>, LinkError>>) -> Option<Believed> {
        match self.believed(kept).await {
            Ok(believed) => {
                self.peers.is_well(url);
                Some(believed)
            }
            Err(LinkError::Refused(doubt)) => {
                self.complaints.count(&doubt);
                if self.peers.is_news(url, &doubt) {
                    tracing::error!(peer = url, error = &doubt as &dyn Error, "a peer's table is refused");
                }
                None
            }
            Err(error) => {
                if self.peers.is_news(url, &error) {
                    tracing::warn!(peer = url, error = &error as &dyn Error, "a peer has no table for us");
                }
                None
            }
        }
    }

    /// Waits for what is offered, and checks every seal of it.
    async fn believed(&self, kept: impl Future<Output = Result<Vec<u8>, LinkError>>) -> Result<Believed, LinkError> {
        let bytes = kept.await?;
        let verifier = self.verifier.clone();
        // Beside the runtime: it may be megabytes.
        let believed = tokio::task::spawn_blocking(move || believe(&verifier, &bytes)).await??;
        trust::must_be_young(believed.snapshot.taken_at, self.parts.clock.now(), self.peers.oldest)?;
        Ok(believed)
    }
}
