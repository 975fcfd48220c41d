//! What a worker sees of a server as a whole, and does to all its roles.
use std::collections::BTreeMap;

use hotelhub_kernel::{Clock, Entropy, Ids, Key};
use jiff::Timestamp;
use tokio_postgres::error::SqlState;

use super::super::{ClusterKeys, Fleet, Turned, login_password};
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
async fn an_inventory_lists_databases_and_roles_that_have_a_tenants_name_and_no_others() {
    let yard = Yard::new("counted").await;
    let before = yard.fleet.inventory(&cluster()).await.unwrap();
    assert!(!before.databases.contains(&yard.database) && !before.roles.contains(&yard.database));
    yard.fleet.carry_out(&yard.prepare()).await.unwrap();
    let after = yard.fleet.inventory(&cluster()).await.unwrap();
    assert!(after.databases.contains(&yard.database) && after.roles.contains(&yard.database));
    assert!(after.databases.iter().all(|name| name.starts_with("t_") && name.len() == 34));
    yard.clear().await;
}

#[tokio::test]
async fn while_a_servers_key_is_turned_roles_get_the_newest_password_once_and_the_older_one_opens_no_more() {
    let yard = Yard::new("turned").await;
    yard.fleet.carry_out(&yard.create(1)).await.unwrap();
    let newest = Key::new([8; 32]);
    let mut keys = ClusterKeys::of(newest.clone());
    assert!(!fleet_with(keys.clone()).keys_are_turning(&cluster()));
    keys.push_older(key());
    let turner = fleet_with(keys);
    assert!(turner.keys_are_turning(&cluster()));
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
    let admins = BTreeMap::from([(cluster(), admin_by(keys))]);
    Fleet::new(admins, None, Clock::wall(), Ids::counted(), Entropy::system())
}
