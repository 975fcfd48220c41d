//! The state of the control plane: cheap handles, built in one place, by `main` and by tests alike.
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use hotelhub_kernel::{Clock, Entropy, Ids, Key};
use hotelhub_mail::Mailer;
use hotelhub_protocol::FeedKey;
use hotelhub_store::Store;
use hotelhub_vault::Shelf;
use hotelhub_web::limits::Throttle;
use hotelhub_web::metrics::Metrics;
use hotelhub_web::{Assets, BadTemplates, Folder, Templates};
use jiff::Timestamp;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use rust_embed::RustEmbed;
use tokio_util::sync::CancellationToken;

use crate::config::Settings;
use crate::database::Database;
use crate::fleet::feed::Snapshots;
use crate::fleet::orders::Hands;
use crate::staff::Gate;
use crate::wakes::{Ear, Wakes};

/// Names and sign-ups that may be looked at from one address in a minute: a whole office that types and waits stays below.
pub const LOOKS_PER_MINUTE: u32 = 300;

#[derive(RustEmbed)]
#[folder = "templates/"]
struct PlaneTemplates;

#[derive(RustEmbed)]
#[folder = "assets/"]
struct PlaneAssets;

/// The pages, letters and texts of this plane.
pub fn templates() -> Result<Templates, BadTemplates> {
    Templates::new(&[Folder::of::<PlaneTemplates>()], Assets::new(&[Folder::of::<PlaneAssets>()]))
}

/// Dialled when it is needed; a server that is away is noticed soon.
fn counters(url: &str) -> redis::RedisResult<ConnectionManager> {
    let config = ConnectionManagerConfig::new().set_connection_timeout(Some(Duration::from_millis(500)));
    ConnectionManager::new_lazy_with_config(redis::Client::open(url)?, config.set_number_of_retries(1))
}

/// What every handler and loop is given.
#[derive(Clone)]
pub struct App {
    /// What time it is.
    pub clock: Clock,
    /// When this process began.
    pub started_at: Timestamp,
    /// New identifiers.
    pub ids: Ids,
    /// Dice.
    pub entropy: Entropy,
    /// The effective settings.
    pub settings: Arc<Settings>,
    /// The central database.
    pub db: Database,
    /// Signs what nodes act on.
    pub feed_key: FeedKey,
    /// What this plane's own secrets derive from.
    pub secret: Key,
    /// What wakes waiters.
    pub wakes: Wakes,
    /// Workers that wait for an order.
    pub hands: Hands,
    /// How often a worker that waits looks for orders that came due by time.
    pub look: Duration,
    /// Where the routing table is left for nodes, if anywhere.
    pub routes_store: Option<Store>,
    /// The newest routing table.
    pub snapshots: Snapshots,
    /// Pages, letters and their texts.
    pub templates: Arc<Templates>,
    /// Where letters go, if anywhere.
    pub mailer: Option<Mailer>,
    /// Counts and times.
    pub metrics: Metrics,
    /// Where exported hotels lie on their way, if anywhere.
    pub exchange: Option<Shelf>,
    /// Sign-ups by address.
    pub signups: Throttle,
    /// Looks at names and sign-ups by address.
    pub looks: Throttle,
    /// What stands before every password of staff.
    pub staff: Gate,
    /// Where processes count together; each counts alone while it is away.
    pub redis: Option<ConnectionManager>,
    /// Cancelled when the process shall end.
    pub stop: CancellationToken,
}

impl App {
    /// Builds the state. Nothing is dialled yet.
    pub fn new(settings: Settings, clock: Clock, entropy: Entropy) -> anyhow::Result<Self> {
        let mailer = settings.smtp_url.as_ref().map(|url| Mailer::new(url, &settings.mail_from));
        let (minute, hour) = (Duration::from_secs(60), Duration::from_secs(3_600));
        let redis = settings.redis_url.as_ref().map(|url| counters(url.expose())).transpose()?;
        let routes_store = settings.routes_store.as_ref().map(|origin| origin.open(settings.s3.as_ref()));
        let exchange = settings.exchange.as_ref().map(|at| {
            let store = at.origin.open(settings.s3.as_ref()).context("HOTELHUB_EXCHANGE_STORE")?;
            anyhow::Ok(Shelf::new(store, at.key.clone(), entropy.clone()).opening_also(at.older.clone()))
        });
        let exchange = exchange.transpose()?;
        Ok(Self {
            ids: Ids::timed(clock.clone(), entropy.clone()),
            db: Database::open(settings.database_url.expose(), settings.database_connections)?,
            feed_key: FeedKey::new(&settings.feed_key),
            secret: settings.secret_key.clone(),
            wakes: Wakes::new(),
            hands: Hands::default(),
            look: Duration::from_millis(500),
            routes_store: routes_store.transpose().context("HOTELHUB_ROUTES_STORE")?,
            snapshots: Snapshots::default(),
            templates: Arc::new(templates()?),
            mailer: mailer.transpose()?,
            metrics: Metrics::new()?,
            exchange,
            staff: Gate::new(&clock, redis.as_ref()),
            signups: Throttle::new("signups", settings.signups_per_hour, hour, &clock).shared(redis.clone()),
            looks: Throttle::new("signup-looks", LOOKS_PER_MINUTE, minute, &clock).shared(redis.clone()),
            redis,
            stop: CancellationToken::new(),
            settings: Arc::new(settings),
            started_at: clock.now(),
            clock,
            entropy,
        })
    }

    /// Whether the process is about to end: who waits, answers now.
    pub fn stopping(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Waits for a wake, for the end of the process, or at most so long.
    pub async fn wait(&self, ear: &mut Ear, at_most: Duration) {
        tokio::select! { () = ear.wait(at_most) => {}, () = self.stop.cancelled() => {} }
    }
}
