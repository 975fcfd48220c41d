//! What a worker sees of a server as a whole, and does to all its roles.
use std::collections::BTreeMap;
use std::time::Duration;

use hotelhub_kernel::{Clock, Entropy, Ids, Key};
use hotelhub_protocol::{Disk, Quarters};
use jiff::Timestamp;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_postgres::Config;
use tokio_postgres::config::Host;
use tokio_postgres::error::SqlState;
use tokio_util::sync::CancellationToken;

use super::super::{Admin, ClusterKeys, Fleet, FleetError, Turned, login_password};
use super::{Yard, admin_by, cluster, connect, key, server, worker};

#[tokio::test]
async fn a_look_at_the_disk_tells_since_when_everything_is_settled() {
    let (admin, fleet) = (connect(&server()).await.unwrap(), worker());
    assert_eq!(fleet.disk(&cluster()), None, "nobody has looked");
    fleet.look_at_disk(&cluster()).await.unwrap();
    let before = fleet.disk(&cluster()).unwrap().settled_at;
    // The time of a checkpoint is told in whole seconds.
    let begun = "select to_char(date_trunc('second', now()) at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')";
    let begun: String = admin.query_one(begun, &[]).await.unwrap().get(0);
    admin.batch_execute("checkpoint").await.unwrap();
    fleet.look_at_disk(&cluster()).await.unwrap();
    let after = fleet.disk(&cluster()).unwrap().settled_at;
    assert!(before <= after && begun.parse::<Timestamp>().unwrap() <= after, "{before} {begun} {after}");
}

#[tokio::test]
async fn a_disk_at_which_nobody_can_look_in_time_is_told_as_one_that_does_not_keep_up() {
    let silence = CancellationToken::new();
    let (mut config, real) = (Config::new(), server());
    config.host("127.0.0.1").port(line_until(silence.clone()).await).dbname("postgres");
    config.user(real.get_user().unwrap()).password(real.get_password().unwrap());
    let admin = Admin::new(&cluster(), config, ClusterKeys::of(key()));
    admin.grant(2);
    let fleet = fleet_of(admin);
    fleet.look_at_disk(&cluster()).await.unwrap();
    let good = fleet.disk(&cluster()).unwrap();
    silence.cancel();
    let limit = Duration::from_millis(300);
    assert!(matches!(fleet.look_at_disk_within(&cluster(), limit).await, Err(FleetError::Slow { .. })));
    assert_eq!(fleet.disk(&cluster()), Some(Disk { syncing: true, ..good }));
    for _ in 0..2 {
        assert!(matches!(fleet.look_at_disk_within(&cluster(), limit).await, Err(FleetError::Slow { .. })));
    }
    assert_eq!(fleet.0.admins[&cluster()].open(), 1, "one look is not answered, and no other begins");

    let mut config = Config::new();
    config.host("127.0.0.1").port(line_until(silence).await).dbname("postgres");
    config.user(real.get_user().unwrap()).password(real.get_password().unwrap());
    let admin = Admin::new(&cluster(), config, ClusterKeys::of(key()));
    admin.grant(2);
    let starting = fleet_of(admin);
    assert!(matches!(starting.look_at_disk_within(&cluster(), limit).await, Err(FleetError::Slow { .. })));
    let seen = starting.disk(&cluster()).unwrap();
    assert!(seen.syncing, "also where nobody had looked before: {seen:?}");
}

#[tokio::test]
async fn an_inventory_lists_databases_and_roles_that_have_a_tenants_name_and_no_others() {
    let yard = Yard::new("counted").await;
    let before = yard.fleet.inventory(&cluster()).await.unwrap();
    assert!(!before.databases.contains(&yard.database) && !before.roles.contains(&yard.database));
    yard.fleet.carry_out(&yard.prepare()).await.unwrap();
    let after = yard.fleet.inventory(&cluster()).await.unwrap();
    assert!(after.databases.contains(&yard.database) && after.roles.contains(&yard.database));
    assert!(after.databases.iter().all(|name| Quarters::parse(name).is_some()), "{:?}", after.databases);
    yard.clear().await;
}

#[tokio::test]
async fn while_a_servers_key_is_turned_roles_get_the_newest_password_once_and_the_older_one_opens_no_more() {
    let yard = Yard::new("turned").await;
    yard.fleet.carry_out(&yard.create(1)).await.unwrap();
    let newest = Key::new([8; 32]);
    let mut keys = ClusterKeys::of(newest.clone());
    assert_eq!(fleet_with(keys.clone()).turns_to(&cluster()), None);
    keys.push_older(key());
    let turner = fleet_with(keys);
    assert_eq!(turner.turns_to(&cluster()).as_deref(), Some("2578ccf8"));
    let roles = [yard.database.clone()];
    let entered = yard.as_tenant(&yard.database).await.unwrap();
    for expected in [Turned { renewed: 1, ..Turned::default() }, Turned { current: 1, ..Turned::default() }] {
        assert_eq!(turner.turn_keys(&cluster(), &roles).await.unwrap(), expected);
    }
    entered.query_one("select tenant_id from house", &[]).await.expect("who is in stays in");
    let shut = yard.as_tenant(&yard.database).await.unwrap_err();
    assert_eq!(shut.code(), Some(&SqlState::INVALID_PASSWORD));
    let password = login_password(&newest, &yard.database);
    connect(server().dbname(&yard.database).user(&yard.database).password(password.expose())).await.unwrap();
    let unknown = ["t_00000000000000000000000000000000".to_owned(), "postgres".to_owned()];
    assert_eq!(turner.turn_keys(&cluster(), &unknown).await.unwrap().left, 2, "no such role, and none of ours");
    yard.clear().await;
}

fn fleet_with(keys: ClusterKeys) -> Fleet {
    fleet_of(admin_by(keys))
}

fn fleet_of(admin: Admin) -> Fleet {
    let admins = BTreeMap::from([(cluster(), admin)]);
    Fleet::new(admins, None, Clock::wall(), Ids::counted(), Entropy::system())
}

/// The port of a line to the test server that carries nothing any more from then on, and stays open.
async fn line_until(silence: CancellationToken) -> u16 {
    let (real, listener) = (server(), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let port = listener.local_addr().unwrap().port();
    let Host::Tcp(host) = real.get_hosts()[0].clone() else { panic!("the test server is reached by TCP") };
    let target = (host, real.get_ports()[0]);
    tokio::spawn(async move {
        loop {
            let (mut from, _) = listener.accept().await.unwrap();
            let mut to = TcpStream::connect((target.0.as_str(), target.1)).await.unwrap();
            let silence = silence.clone();
            tokio::spawn(async move {
                tokio::select! {
                    _ = copy_bidirectional(&mut from, &mut to) => {}
                    () = silence.cancelled() => std::future::pending().await,
                }
            });
        }
    });
    port
}
