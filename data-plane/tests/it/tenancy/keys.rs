//! The key of a server is turned while its hotels are served.
use hotelhub_data_plane::boot::Sources;
use hotelhub_data_plane::config::Mode;
use hotelhub_data_plane::fleet::{ClusterKeys, Turned};
use hotelhub_kernel::Key;

use super::{both, counted, pid};
use crate::house::{House, cluster, fleet, key};

/// The next key, and the one that every hotel's password derives from still.
fn turning() -> ClusterKeys {
    let mut keys = ClusterKeys::of(Key::new([8; 32]));
    keys.push_older(key());
    keys
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_knows_both_keys_serves_before_a_hotel_is_turned_and_after() {
    let house = House::saas_with(4, |settings| {
        settings.pool.budget = 2;
        let Mode::Saas(saas) = &mut settings.mode else { unreachable!("it is a house of a control plane") };
        saas.cluster_keys.insert(cluster(), turning());
    })
    .await;
    let (melati, kenanga) = both(&house).await;
    let held = melati.connect().await.expect("by the older key");
    let roles = [melati.route().placement.role.clone()];
    let turned = fleet(turning(), &Sources::real()).turn_keys(&cluster(), &roles).await.unwrap();
    assert_eq!(turned, Turned { renewed: 1, ..Turned::default() });
    pid(&melati).await;
    held.query_one("select 1", &[]).await.expect("who is in stays in");
    drop(held);
    pid(&kenanga).await;
    assert_eq!(counted(&house.node, "hotelhub_pool_opens_total"), 3);
    assert_eq!(counted(&house.node, "hotelhub_pool_databases_away"), 0, "another key is no failure");
}
