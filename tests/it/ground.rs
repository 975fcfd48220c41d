//! What a story stands on: servers of its own, so that it may kill them.
use anyhow::{Context as _, Result};
use hotelhub_identity::Totp;
use hotelhub_kernel::Clock;
use hotelhub_testkit::env;
use hotelhub_tests::{House, Programs, Servers, Settings, connect};

/// A house on durable servers that nobody shares. `name` tells its folder from others.
pub(crate) async fn house(name: &str) -> Result<(Servers, House)> {
    house_within(name, 60).await
}

/// The same with another number of connections that the nodes may have together.
pub(crate) async fn house_within(name: &str, budget: u16) -> Result<(Servers, House)> {
    let dir = env::folder().join(name);
    let servers = Servers::start(&env::xtask(), &dir.join("servers"), true).await?;
    let house = House::start(Settings {
        programs: Programs::in_folder(env::programs()),
        dir: dir.join("house"),
        admin_dsn: servers.admin_dsn().to_owned(),
        redis_url: Some(servers.redis_url().to_owned()),
        central: "central".to_owned(),
        budget,
        ready_databases: 3,
    })
    .await?;
    Ok((servers, house))
}

/// What the administrator's authenticator shows now.
pub(crate) async fn code(house: &House) -> Result<String> {
    let central = connect(&house.central_dsn()).await?;
    let secret = "select totp_secret from staff where email = $1";
    let secret = central.query_one(secret, &[&house.admin.email]).await?;
    Ok(Totp::kept(secret.get(0)).context("no secret")?.code_at(Clock::wall().now()))
}
