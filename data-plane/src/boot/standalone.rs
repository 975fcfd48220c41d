//! One hotel by itself: one database, which it migrates, founds on the first run, and serves to whoever comes.
use std::time::Duration;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotelhub_identity::{LinkToken, Password};
use hotelhub_kernel::{Host, Key, Slug, TenantId, hex};
use hotelhub_protocol::{
    Cluster, ClusterId, Limits, Notices, OwnerSeed, Placement, Route, Snapshot, TenantSeed, TenantStatus,
};
use hotelhub_tenant_migrations::{Product, Report};
use jiff::SignedDuration;
use tokio_postgres::{Client, Config, NoTls};
use uuid::Uuid;

use super::{Learnt, Sources};
use crate::config::Standalone;
use crate::fleet;
use crate::tenancy::{Access, Directory, must_name_one_server};

const WHOSE_HOUSE: &str = "select tenant_id, slug from house";
const HOTEL_NAME: &str = "select name from properties order by created_at limit 1";
/// The owner, as long as no owner can come in by a password.
const OWNER_OUTSIDE: &str = "
    select id from users
     where 'owner' = any(roles) and status = 'active'
       and not exists (select from users where 'owner' = any(roles) and status = 'active' and password_hash is not null)
     order by created_at, id limit 1";
const SET_PASSWORD: &str =
    "update users set password_hash = $2, password_set_at = $3, email_confirmed_at = $3 where id = $1";
const END_LINKS: &str =
    "update one_time_links set used_at = $2 where user_id = $1 and purpose = 'login' and used_at is null";
const NEW_LINK: &str = "
    insert into one_time_links (token_hash, user_id, purpose, created_at, expires_at) values ($1, $2, 'login', $3, $4)";
const NEW_SECRET: &str =
    "insert into settings (name, value, updated_at) values ('node.secret', $1, $2) on conflict do nothing";
const SECRET: &str = "select value #>> '{}' from settings where name = 'node.secret'";

/// Every statement of this file.
pub(crate) const STATEMENTS: &[&str] =
    &[WHOSE_HOUSE, HOTEL_NAME, OWNER_OUTSIDE, SET_PASSWORD, END_LINKS, NEW_LINK, NEW_SECRET, SECRET];

/// How long the link of a start opens.
const LINK_TIME: SignedDuration = SignedDuration::from_hours(72);
/// Connections of the one pool.
const CONNECTIONS: u16 = 16;
const PATIENCE: Duration = Duration::from_secs(5);

/// Brings the database to this version's schema.
pub async fn migrate(settings: &Standalone) -> anyhow::Result<Report> {
    let mut client = enter(&config(settings)?).await?;
    Ok(hotelhub_tenant_migrations::migrate(&mut client, Product::Hotel).await?)
}

/// Migrates, founds the house if nobody did, and learns the one tenant.
pub(super) async fn learn(mode: &Standalone, origin: &str, sources: &Sources) -> anyhow::Result<Learnt> {
    let config = config(mode)?;
    let mut client = enter(&config).await?;
    let report = hotelhub_tenant_migrations::migrate(&mut client, Product::Hotel).await?;
    if !report.applied.is_empty() {
        tracing::info!(steps = report.applied.len(), version = report.version, "the database was migrated");
    }
    if client.query_opt(WHOSE_HOUSE, &[]).await?.is_none() {
        found(&client, mode, sources).await?;
    }
    let_owner_in(&client, mode, origin, sources).await?;
    let house = client.query_one(WHOSE_HOUSE, &[]).await?;
    let (tenant, slug) = (TenantId(house.try_get("tenant_id")?), house.try_get::<_, &str>("slug")?);
    let name = client.query_opt(HOTEL_NAME, &[]).await?.map(|row| row.try_get("name")).transpose()?;
    let secret = secret(&client, sources).await?;
    let route = route(tenant, Slug::parse(slug)?, name.unwrap_or_default(), mode, &config)?;
    let directory = Directory::default();
    directory.apply_snapshot(snapshot(route, sources));
    let sole = mode.hosts.is_empty().then_some(tenant);
    Ok(Learnt { directory, access: Access::Given(Box::new(config)), secret, sole, owners_desk: None })
}

pub(super) fn config(settings: &Standalone) -> anyhow::Result<Config> {
    let mut config: Config = settings.database_url.expose().parse().context("DATABASE_URL is not understood")?;
    must_name_one_server(&config).context("DATABASE_URL is not understood")?;
    config.connect_timeout(PATIENCE).application_name("hotelhub");
    Ok(config)
}

pub(super) async fn enter(config: &Config) -> anyhow::Result<Client> {
    let (client, connection) = config.connect(NoTls).await.context("the database of DATABASE_URL cannot be reached")?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::warn!(error = &error as &dyn std::error::Error, "the connection of the start ended");
        }
    });
    Ok(client)
}

/// The first run: whose house it is, and its owner.
async fn found(client: &Client, mode: &Standalone, sources: &Sources) -> anyhow::Result<()> {
    let Sources { clock, entropy, ids } = sources;
    let owner = OwnerSeed {
        user: ids.next(),
        name: mode.hotel_name.clone(),
        email: mode.owner_email.clone().unwrap_or_else(|| "owner@localhost".to_owned()).to_lowercase(),
        phone: String::new(),
        // Nobody is given this one: every start makes its own.
        login_token_sha256: hex(&LinkToken::mint(entropy).hash()),
        login_token_expires_at: clock.now(),
    };
    let slug =
        Slug::from_name(&mode.hotel_name).or_else(|| Slug::parse("hotel").ok()).context("no slug for the hotel")?;
    let tenant = TenantId(ids.next());
    let (hotel, time_zone) = (mode.hotel_name.clone(), mode.time_zone.clone());
    let seed = TenantSeed { tenant, slug, hotel, time_zone, owner };
    match fleet::plant(client, clock, ids, &seed).await {
        // Another process of the same house was faster.
        Err(fleet::FleetError::Taken { .. }) => Ok(()),
        planted => planted.map_err(|error| anyhow::anyhow!(error.reason())),
    }
}

/// As long as the owner has no password: the one that was given, or a fresh link in the log. Earlier links open nothing then.
async fn let_owner_in(client: &Client, mode: &Standalone, origin: &str, sources: &Sources) -> anyhow::Result<()> {
    let Some(owner) = client.query_opt(OWNER_OUTSIDE, &[]).await? else { return Ok(()) };
    let (owner, now) = (owner.try_get::<_, Uuid>("id")?, sources.clock.now());
    client.execute(END_LINKS, &[&owner, &now]).await?;
    if let Some(password) = &mode.owner_password {
        let hash =
            Password::hash(password.expose(), &sources.entropy).context("HOTELHUB_OWNER_PASSWORD is too weak")?;
        client.execute(SET_PASSWORD, &[&owner, &hash.as_str(), &now]).await?;
        return Ok(());
    }
    let token = LinkToken::mint(&sources.entropy);
    let (hash, until) = (token.hash(), now.checked_add(LINK_TIME)?);
    client.execute(NEW_LINK, &[&hash.as_slice(), &owner, &now, &until]).await?;
    let link = format!("{origin}/login/link/{}", token.as_text());
    tracing::warn!(link, "the owner has no password yet: this link logs in, once");
    Ok(())
}

/// What the house's session keys derive from: made once, kept in the database.
async fn secret(client: &Client, sources: &Sources) -> anyhow::Result<Key> {
    if let Some(kept) = client.query_opt(SECRET, &[]).await? {
        return Key::from_base64(kept.try_get(0)?).context("the setting node.secret is no key");
    }
    let fresh = serde_json::Value::from(STANDARD.encode(sources.entropy.bytes::<32>()));
    client.execute(NEW_SECRET, &[&fresh, &sources.clock.now()]).await?;
    Key::from_base64(client.query_one(SECRET, &[]).await?.try_get(0)?).context("the setting node.secret is no key")
}

fn route(tenant: TenantId, slug: Slug, name: String, mode: &Standalone, config: &Config) -> anyhow::Result<Route> {
    let hosts = if mode.hosts.is_empty() { vec![Host::parse("localhost")?] } else { mode.hosts.clone() };
    Ok(Route {
        tenant,
        slug,
        name,
        hosts,
        status: TenantStatus::Active,
        placement: Placement {
            cluster: here(),
            database: config.get_dbname().unwrap_or_default().to_owned(),
            schema: None,
            role: config.get_user().unwrap_or_default().to_owned(),
            generation: 1,
        },
        limits: Limits { connections: CONNECTIONS, rooms: u32::MAX, users: None },
        features: Vec::new(),
        notices: Notices::default(),
    })
}

fn snapshot(route: Route, sources: &Sources) -> Snapshot {
    let clusters = vec![Cluster { id: here(), host: String::new(), port: 0, reserved: Vec::new() }];
    Snapshot { version: 1, taken_at: sources.clock.now(), departed: 0, clusters, routes: vec![route] }
}

fn here() -> ClusterId {
    ClusterId("here".to_owned())
}
