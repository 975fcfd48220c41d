//! The routing table that is left in a store, for nodes that start while this plane is away.
use std::path::{Path, PathBuf};
use std::time::Duration;

use hotelhub_control_plane::fleet::feed::leave_table;
use hotelhub_protocol::{Kept, Role, Snapshot, in_store};
use hotelhub_store::Origin;
use hotelhub_testkit::env;
use jiff::SignedDuration;

use crate::office::{CLUSTER, Office};

/// The table in the store, whose seal must be good; none while nobody has left one.
fn left(office: &Office, store: &Path) -> Option<Snapshot> {
    let bytes = std::fs::read(store.join(in_store::ROUTES).join(in_store::TABLE)).ok()?;
    let kept: Kept = serde_json::from_slice(&bytes).expect("it is there whole or not at all");
    Some(office.app.feed_key.verifier().open("snapshot", &kept.snapshot).unwrap())
}

async fn until(mut holds: impl FnMut() -> bool) {
    for _ in 0..2_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not come true within twenty seconds");
}

/// A folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = env::folder().join(format!("left-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[tokio::test]
async fn each_new_table_is_left_in_the_store_and_dated_anew_before_it_is_old() {
    let store = folder("new");
    let office = Office::empty(|settings| settings.routes_store = Some(Origin::Folder(store.clone()))).await;
    office.add_cluster(CLUSTER, 100, 1_000).await;
    let node = office.node("node-1", &[Role::Serve, Role::Fleet]).await;
    let leaving = tokio::spawn(leave_table(office.app.clone()));
    until(|| left(&office, &store).is_some_and(|table| table.routes.is_empty())).await;
    office.sign_up("melati").await;
    node.done(&node.lease(0).await.unwrap()).await;
    until(|| left(&office, &store).is_some_and(|table| table.routes.len() == 1)).await;
    office.clock.advance(SignedDuration::from_mins(11));
    until(|| left(&office, &store).is_some_and(|table| table.taken_at == office.clock.now())).await;
    office.app.stop.cancel();
    leaving.await.unwrap();
}

#[tokio::test]
async fn a_store_that_comes_back_gets_the_table_it_missed() {
    let store = folder("away");
    let office = Office::empty(|settings| settings.routes_store = Some(Origin::Folder(store.clone()))).await;
    office.add_cluster(CLUSTER, 100, 1_000).await;
    std::fs::remove_dir(&store).unwrap();
    let leaving = tokio::spawn(leave_table(office.app.clone()));
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!store.exists(), "nothing is written where the store is not");
    std::fs::create_dir(&store).unwrap();
    until(|| left(&office, &store).is_some()).await;
    office.app.stop.cancel();
    leaving.await.unwrap();
}
