//! Hotels by their number, from which identity, database and slug follow: some of them lie ready-made on the server, the others are only
//! known of.
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use hotelhub_data_plane::boot::Sources;
use hotelhub_data_plane::fleet::{Admin, ClusterKeys, Fleet};
use hotelhub_kernel::{Entropy, Key, Slug, TenantId, hex};
use hotelhub_protocol::{ClusterId, OwnerSeed, Task, TenantSeed};
use hotelhub_tenant_migrations::{Product, schema_version};
use hotelhub_tests::{Connection, House, connect, get, patiently};
use tokio_postgres::Client;
use uuid::Uuid;

/// The identity of the hotel of number 0, which there is not.
const FIRST: u128 = 0x0000_0000_0000_7000_8000_0000_0000_0000;

/// Databases that are made at once.
const AT_ONCE: usize = 3;

/// A node that opened nothing for so long has looked everywhere: it looks for new hotels every five seconds.
const STILL: Duration = Duration::from_secs(7);

/// Their rows in the central database, with a route each: the first number, the last, and the version of their schema.
const MOVE_IN: &str = "
    with made as (
        select ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid as id, 'bayangan-' || n as slug
          from generate_series($1::int, $2::int) n
    ), tenant as (
        insert into tenants (id, slug, name, status, status_since, owner_name, owner_email, owner_phone, time_zone, created_at)
        select id, slug, 'Hotel ' || slug, 'trial', now(), 'Sari', 'sari@' || slug || '.example', '+628', 'Asia/Jakarta', now()
          from made
    ), domain as (
        insert into domains (host, tenant_id, kind, created_at)
        select slug || '.hotelhub.localhost', id, 'slug', now() from made
    ), subscription as (
        insert into subscriptions (id, tenant_id, plan_id, price_id, state, rooms, anchor_on, trial_ends_at, created_at)
        select gen_random_uuid(), id, 'growth', (select id from plan_prices where plan_id = 'growth' limit 1),
               'trialing', 42, current_date, now() + interval '14 days', now()
          from made
    ), lodging as (
        insert into lodgings (tenant_id, database_name, since) select id, 't_' || replace(id::text, '-', ''), now() from made
    )
    insert into databases (name, cluster_id, state, template, tenant_id, created_at)
    select 't_' || replace(id::text, '-', ''), 'jkt-1', 'live', $3, id, now() from made";

/// Room on the server for those that are signed up beside them.
const WIDEN: &str = "update clusters set capacity = (select count(*) from databases) + 1000";

/// Moves the feed on and forgets its changes, so that every node takes the whole table anew.
const FORGET: &str = "
    with head as (update routes_head set version = version + 1000 returning version)
    delete from routes_feed";

/// How many hotels are ready-made.
#[derive(clap::Args, Clone, Copy, Debug)]
pub(crate) struct Size {
    /// Hotels whose databases are made once.
    #[arg(long, default_value = "1000")]
    pub(crate) hotels: usize,
}

/// Where the hotels are made, and who may.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Ground {
    #[command(flatten)]
    pub(crate) size: Size,
    /// Where the key of the server's tenants is kept.
    #[arg(long)]
    pub(crate) dir: PathBuf,
    /// The superuser of the server.
    #[arg(long, env = "HOTELHUB_TEST_POSTGRES", hide_env_values = true)]
    pub(crate) admin_dsn: String,
}

/// What the ready-made databases are: how many, of which version.
pub(crate) fn described(Size { hotels }: Size) -> String {
    format!("{hotels} of {}", version())
}

/// The version of the hotels' schema.
pub(crate) fn version() -> String {
    schema_version(Product::Hotel)
}

/// Runs the steps of the schema that a database has not run.
pub(crate) async fn bring_up_to_date(inside: &mut Client) -> Result<()> {
    hotelhub_tenant_migrations::migrate(inside, Product::Hotel).await?;
    Ok(())
}

/// Makes the databases that are missing, by the product's own hands.
pub(crate) async fn make(ground: Ground) -> Result<()> {
    let Ground { size, dir, admin_dsn } = ground;
    std::fs::create_dir_all(&dir)?;
    let (sources, cluster) = (Sources::real(), ClusterId("jkt-1".to_owned()));
    let admin = Admin::new(&cluster, admin_dsn.parse()?, ClusterKeys::of(key(&dir)?));
    admin.grant(10);
    let admins = BTreeMap::from([(cluster.clone(), admin)]);
    let fleet = Fleet::new(admins, None, sources.clock.clone(), sources.ids.clone(), sources.entropy.clone());
    fleet.freeze_template(&cluster).await?;
    let made = stream::iter(1..=size.hotels).map(|number| {
        let (fleet, cluster, sources) = (&fleet, &cluster, &sources);
        async move {
            let task = Task::CreateTenant {
                cluster: cluster.clone(),
                database: database(number),
                seed: seed(number, sources)?,
            };
            fleet.carry_out(&task).await.with_context(|| format!("hotel {number}"))?;
            anyhow::Ok(())
        }
    });
    made.buffer_unordered(AT_ONCE).try_collect::<()>().await?;
    connect(&admin_dsn).await?.batch_execute("checkpoint").await?;
    Ok(())
}

/// The key from which the passwords of the ready-made databases' roles derive; rolled when there is none.
pub(crate) fn key(dir: &Path) -> Result<Key> {
    let file = dir.join("cluster-key");
    if !file.exists() {
        std::fs::write(&file, Key::new(Entropy::system().bytes()).expose_base64())?;
    }
    Key::from_base64(std::fs::read_to_string(&file)?.trim()).context("the kept key is none")
}

/// The hotel's slug.
pub(crate) fn slug(number: usize) -> String {
    format!("bayangan-{number}")
}

/// The hotel's identity.
pub(crate) fn tenant(number: usize) -> TenantId {
    TenantId(Uuid::from_u128(FIRST + number as u128))
}

/// The name of its database and of its role.
pub(crate) fn database(number: usize) -> String {
    format!("t_{}", tenant(number).0.simple())
}

/// The public door of the hotel: one prepared read.
pub(crate) fn public(house: &House, number: usize) -> Vec<u8> {
    get(&house.host(&slug(number)), "/api/v1/public/property", None)
}

fn seed(number: usize, sources: &Sources) -> Result<TenantSeed> {
    let slug = Slug::parse(&slug(number))?;
    let owner = OwnerSeed {
        user: sources.ids.next(),
        name: "Sari".to_owned(),
        email: format!("sari@{slug}.example"),
        phone: "+628".to_owned(),
        login_token_sha256: hex(&sources.entropy.bytes::<32>()),
        login_token_expires_at: sources.clock.now(),
    };
    let (hotel, time_zone) = (format!("Hotel {slug}"), "Asia/Jakarta".to_owned());
    Ok(TenantSeed { tenant: tenant(number), slug, hotel, time_zone, owner })
}

/// Lets the control plane know of the hotels of these numbers; nodes that start now know them too.
pub(crate) async fn announce(central: &Client, first: usize, last: usize) -> Result<()> {
    central.execute(MOVE_IN, &[&i32::try_from(first)?, &i32::try_from(last)?, &version()]).await?;
    central.execute(WIDEN, &[]).await?;
    Ok(central.batch_execute(FORGET).await?)
}

/// Lets the control plane know of the hotels of these numbers, starts the node anew, and waits until it knows them too.
pub(crate) async fn move_in(house: &mut House, central: &Client, first: usize, last: usize) -> Result<()> {
    announce(central, first, last).await?;
    house.node.stop().await?;
    house.restart_node().await?;
    until_known(house.node_port(), house, first, last).await
}

/// Drops the databases and the roles of everybody who is not of the town.
pub(crate) async fn move_out(admin_dsn: &str) -> Result<()> {
    let admin = connect(admin_dsn).await?;
    let theirs = [
        ("database", "with (force)", "select datname::text from pg_database where datname ~ '^[ts]_[0-9a-f]{32}$'"),
        // Those of hotels that shared a database have no database of their name.
        ("role", "", "select rolname::text from pg_roles where rolname ~ '^[ts]_[0-9a-f]{32}$'"),
    ];
    for (kind, how, listed) in theirs {
        for row in admin.query(listed, &[]).await? {
            let name: &str = row.get(0);
            if !name.starts_with("t_0000000000007000") {
                admin.batch_execute(&format!("drop {kind} {name} {how}")).await?;
            }
        }
    }
    Ok(())
}

/// Waits until the node has looked into every hotel for work, as it does once after a start, some twenty a second: it opens them for that,
/// which is not to be measured as if guests had asked.
pub(crate) async fn until_looked_through(house: &House) -> Result<()> {
    let opened = async || house.counted("hotelhub_pool_opens_total").await.map(f64::to_bits);
    let mut before = opened().await?;
    loop {
        tokio::time::sleep(STILL).await;
        let now = opened().await?;
        if now == before {
            return Ok(());
        }
        before = now;
    }
}

/// A node starts by the table on its disk, which has none of them, and takes the new one when it hears the control plane.
pub(crate) async fn until_known(port: u16, house: &House, first: usize, last: usize) -> Result<()> {
    let known = patiently(120, "all hotels are known", async || {
        Ok((count_known(port, house, first, last).await? == last + 1 - first).then_some(()))
    });
    known.await
}

/// Asks each of them for a door that is nowhere: who is known has no such door, who is not has no hotel.
async fn count_known(port: u16, house: &House, first: usize, last: usize) -> Result<usize> {
    let mut node = Connection::open(port).await?;
    let mut known = 0;
    for number in first..=last {
        let reply = node.send(&get(&house.host(&slug(number)), "/api/v1/nowhere", None)).await?;
        if reply.status != 404 {
            bail!("a door that is nowhere answers {}", reply.status);
        }
        known += usize::from(reply.json(404)?["code"] == "not-found");
    }
    Ok(known)
}
