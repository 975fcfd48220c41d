//! The key of a server is turned while its hotels are served.
use std::task::{Context, Waker};
use std::time::Duration;

use hotelhub_data_plane::boot::Sources;
use hotelhub_data_plane::config::{Mode, Settings};
use hotelhub_data_plane::fleet::{ClusterKeys, Turned};
use hotelhub_data_plane::tenancy::Tenant;
use hotelhub_kernel::Key;
use hotelhub_protocol::Role;

use super::{both, counted, pid};
use crate::house::{House, cluster, fleet, key};

/// The next key, and the one that every hotel's password derives from still.
fn turning() -> ClusterKeys {
    let mut keys = ClusterKeys::of(Key::new([8; 32]));
    keys.push_older(key());
    keys
}

/// A house whose node knows both keys and has so many connections.
async fn house(budget: usize) -> House {
    let knows_both = |settings: &mut Settings| {
        (settings.pool.budget, settings.pool.wait) = (budget, Duration::from_secs(2));
        let Mode::Saas(saas) = &mut settings.mode else { unreachable!("it is a house of a control plane") };
        saas.cluster_keys.insert(cluster(), turning());
    };
    House::saas_as(&[Role::Serve], 4, knows_both).await
}

/// Gives a hotel's role the password of the next key.
async fn turn(tenant: &Tenant) {
    let roles = [tenant.route().placement.role.clone()];
    let turned = fleet(turning(), &Sources::real()).turn_keys(&cluster(), &roles).await.unwrap();
    assert_eq!(turned, Turned { renewed: 1, ..Turned::default() });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_knows_both_keys_serves_before_a_hotel_is_turned_and_after() {
    let house = house(2).await;
    let (melati, kenanga) = both(&house).await;
    let held = melati.connect().await.expect("by the older key");
    turn(&melati).await;
    pid(&melati).await;
    held.query_one("select 1", &[]).await.expect("who is in stays in");
    drop(held);
    pid(&kenanga).await;
    assert_eq!(counted(&house.node, "hotelhub_pool_opens_total"), 3);
    assert_eq!(counted(&house.node, "hotelhub_pool_databases_away"), 0, "another key is no failure");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hotel_that_finds_no_room_to_try_the_other_key_is_busy_and_not_away() {
    let house = house(1).await;
    let (melati, kenanga) = both(&house).await;
    turn(&kenanga).await;
    for _ in 0..3 {
        let (mut refused, mut served) = (Box::pin(melati.connect()), Box::pin(kenanga.connect()));
        let mut nobody = Context::from_waker(Waker::noop());
        // The only connection is melati's first, and kenanga waits for it to be refused by the newest key.
        assert!(refused.as_mut().poll(&mut nobody).is_pending() && served.as_mut().poll(&mut nobody).is_pending());
        let (refused, served) = tokio::join!(refused, served);
        assert_eq!(refused.err().expect("the room is kenanga's").code(), "busy");
        assert!(served.is_ok());
    }
    assert_eq!(counted(&house.node, "hotelhub_pool_databases_away"), 0);
    pid(&melati).await;
}
