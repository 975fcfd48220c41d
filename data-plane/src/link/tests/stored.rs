//! A node without a disk, while the control plane and every other node are away: what lies in the store is all there is.
use std::path::Path;

use hotelhub_kernel::{Clock, Secret};
use hotelhub_protocol::{Kept, in_store};
use hotelhub_store::{Origin, S3Access, Store};
use jiff::SignedDuration;

use super::control::{self, Control, feed_key, route};
use super::{Post, state_dir, until};

/// Nobody listens there.
const NOBODY: &str = "http://127.0.0.1:9";

/// A store in which this lies where the control plane leaves its table.
fn store_with(table: &[u8]) -> Store {
    let folder = state_dir();
    let routes = folder.join(in_store::ROUTES);
    std::fs::create_dir_all(&routes).unwrap();
    std::fs::write(routes.join(in_store::TABLE), table).unwrap();
    Store::Folder(folder)
}

/// The table of this control plane as it leaves it.
fn left_by(control: &Control) -> Vec<u8> {
    let snapshot = feed_key().sign("snapshot", &control.table()).unwrap();
    serde_json::to_vec(&Kept { snapshot, deltas: Vec::new() }).unwrap()
}

fn post(store: Store, clock: Clock, folder: &Path) -> Post {
    Post::that_asks((Vec::new(), Some(store)), clock, NOBODY, folder, None)
}

#[tokio::test]
async fn a_node_without_a_disk_serves_by_the_table_in_the_store_and_keeps_it() {
    let control = Control::start().await;
    control.put(route(1, "melati"));
    let folder = state_dir();
    let node = post(store_with(&left_by(&control)), Clock::wall(), &folder).start();
    node.reaches(1).await;
    assert!(node.knows("melati.hotelhub.test") && !node.connected());
    until(|| folder.join("routes.snapshot.json").exists()).await;
    drop(node);
    let node = Post::new(NOBODY, &folder, None);
    assert!(node.link.recall().unwrap() && node.knows("melati.hotelhub.test"));
}

#[tokio::test]
async fn a_table_in_the_store_that_is_cut_off_forged_or_too_old_is_refused() {
    let control = Control::start().await;
    control.put(route(1, "melati"));
    let whole = left_by(&control);
    let forged = control::stranger().sign("snapshot", &control.table()).unwrap();
    let forged = serde_json::to_vec(&Kept { snapshot: forged, deltas: Vec::new() }).unwrap();
    let now = Clock::wall().now();
    for (table, why, at) in [
        (&whole[..whole.len() / 2], "unreadable", now),
        (b"", "unreadable", now),
        (&forged, "forged", now),
        (&whole, "stale", now + SignedDuration::from_hours(73)),
    ] {
        let node = post(store_with(table), Clock::at(at), &state_dir()).start();
        until(|| node.refused(why)).await;
        assert!(!node.directory.is_filled(), "{why}");
    }
}

#[tokio::test]
async fn of_a_store_and_a_peer_the_newer_table_is_taken() {
    let control = Control::start().await;
    control.put(route(1, "melati"));
    let older = left_by(&control);
    control.put(route(2, "kenanga"));
    let newer = left_by(&control);
    for (in_store, of_peer) in [(&older, &newer), (&newer, &older)] {
        let peer = super::peers::handing_out(serde_json::from_slice(of_peer).unwrap()).await;
        let asked = (vec![peer], Some(store_with(in_store)));
        let node = Post::that_asks(asked, Clock::wall(), NOBODY, &state_dir(), None).start();
        node.reaches(2).await;
    }
}

#[tokio::test]
async fn a_store_that_never_answers_keeps_no_peers_table_from_being_served() {
    let control = Control::start().await;
    control.put(route(1, "melati"));
    let peer = super::peers::handing_out(serde_json::from_slice(&left_by(&control)).unwrap()).await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let access = S3Access {
        endpoint: Some(format!("http://{}", silent.local_addr().unwrap())),
        region: "us-east-1".to_owned(),
        key_id: "node".to_owned(),
        secret: Secret::new("secret".to_owned()),
    };
    // Whoever asks it is to know of TLS: that is there once a post is.
    let asked = |store| (vec![peer.clone()], store);
    drop(Post::that_asks(asked(None), Clock::wall(), NOBODY, &state_dir(), None));
    let store = "s3://routes".parse::<Origin>().unwrap().open(Some(&access)).unwrap();
    let node = Post::that_asks(asked(Some(store)), Clock::wall(), NOBODY, &state_dir(), None).start();
    node.reaches(1).await;
    assert!(!node.link.0.peers.told.lock().unwrap().contains_key("store"), "it was waited for to the end");
}

#[tokio::test]
async fn an_empty_store_is_no_reason_not_to_hear_the_control_plane() {
    let control = Control::start().await;
    control.put(route(1, "melati"));
    let asked = (Vec::new(), Some(Store::Folder(state_dir())));
    let node = Post::that_asks(asked, Clock::wall(), &control.url, &state_dir(), None).start();
    node.reaches(1).await;
    until(|| node.connected()).await;
}
