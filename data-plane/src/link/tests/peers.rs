//! A node without a disk, while the control plane is away.
use hotelhub_kernel::Clock;
use hotelhub_protocol::{Change, Delta, Deltas, Kept, paths};
use jiff::SignedDuration;

use super::control::{self, Control, Mood, feed_key, route};
use super::{Post, state_dir, until};
use crate::link::LinkError;

/// Nobody listens there.
pub(super) const NOBODY: &str = "http://127.0.0.1:9";

/// A node whose door for peers is open.
struct Peer {
    post: Post,
    url: String,
}

impl Peer {
    /// One that has heard of this control plane.
    async fn of(control: &Control) -> Self {
        let post = Post::new(&control.url, &state_dir(), None).start();
        until(|| post.link.0.shelf.offer().unwrap().is_some()).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let doors = post.link.router();
        tokio::spawn(async move { axum::serve(listener, doors).await });
        Self { post, url }
    }
}

#[tokio::test]
async fn a_node_without_a_disk_takes_the_newest_table_of_its_peers_and_keeps_it() {
    let control = Control::start().await;
    control.put(route(1, "melati"));
    let older = Peer::of(&control).await;
    older.post.stop.cancel();
    control.put(route(2, "kenanga"));
    let newer = Peer::of(&control).await;
    let folder = state_dir();
    let peers = vec![NOBODY.to_owned(), older.url, newer.url];
    let post = Post::among(peers, Clock::wall(), NOBODY, &folder, None).start();
    post.reaches(2).await;
    assert!(post.knows("melati.hotelhub.test") && post.knows("kenanga.hotelhub.test") && !post.connected());
    until(|| folder.join("routes.snapshot.json").exists()).await;
    drop(post);
    let post = Post::new(NOBODY, &folder, None);
    assert!(post.link.recall().unwrap() && post.knows("kenanga.hotelhub.test"));
}

#[tokio::test]
async fn a_node_whose_disk_is_spoilt_has_nothing_to_tell_once_a_peer_has_helped() {
    let control = Control::start().await;
    control.put(route(1, "melati"));
    let peer = Peer::of(&control).await;
    let folder = state_dir();
    let post = Post::among(vec![peer.url], Clock::wall(), NOBODY, &folder, None);
    std::fs::write(folder.join("routes.snapshot.json"), "{}").unwrap();
    assert!(!post.link.recall().unwrap() && post.refusals.standing().is_some());
    let post = post.start();
    post.reaches(1).await;
    until(|| post.refusals.standing().is_none()).await;
}

#[tokio::test]
async fn a_peer_that_helps_makes_nobody_forget_that_the_control_planes_table_is_refused() {
    let control = Control::start().await;
    control.put(route(1, "melati"));
    let peer = Peer::of(&control).await;
    control.mood(Mood::Forge);
    let clock = Clock::at(Clock::wall().now());
    let post = Post::among(vec![peer.url], clock.clone(), &control.url, &state_dir(), None).start();
    until(|| post.directory.is_filled() && post.connected()).await;
    assert_eq!(post.refusals.standing(), Some("forged"));
    control.mood(Mood::True);
    clock.advance(SignedDuration::from_secs(61));
    until(|| post.refusals.standing().is_none()).await;
}

#[tokio::test]
async fn a_control_plane_that_takes_its_time_is_heard_out_beside_a_peer_that_never_answers() {
    let control = Control::start().await;
    control.put(route(1, "melati"));
    control.mood(Mood::Dawdle);
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peers = vec![format!("http://{}", silent.local_addr().unwrap())];
    let post = Post::among(peers, Clock::wall(), &control.url, &state_dir(), None).start();
    post.reaches(1).await;
    assert_eq!(control.snapshots_given(), 1, "it was not asked anew");
}

#[tokio::test]
async fn a_peer_is_believed_for_the_seal_of_the_control_plane_alone_and_while_its_table_is_young() {
    let control = Control::start().await;
    control.put(route(1, "melati"));
    let peer = Peer::of(&control).await;
    let late = Clock::at(Clock::wall().now() + SignedDuration::from_hours(73));
    let post = Post::among(vec![peer.url.clone()], late, NOBODY, &state_dir(), None).start();
    until(|| post.refused("stale")).await;
    assert!(!post.directory.is_filled());

    let strange = Control::start().await;
    strange.put(route(9, "palsu"));
    let forger = forger(&strange).await;
    let post = Post::among(vec![forger], Clock::wall(), NOBODY, &state_dir(), None).start();
    until(|| post.refused("forged")).await;
    assert!(!post.directory.is_filled());
}

#[tokio::test]
async fn what_is_wrong_with_a_peer_is_told_once_until_it_is_something_else() {
    let post = Post::new(NOBODY, &state_dir(), None);
    let peers = &post.link.0.peers;
    let told = |url, error: LinkError| peers.is_news(url, &error);
    assert_eq!(["one", "one", "other"].map(|url| told(url, LinkError::Silent)), [true, false, true]);
    assert!(told("one", LinkError::Answered(503)) && told("one", LinkError::Silent));
    peers.is_well("one");
    assert!(told("one", LinkError::Silent));
}

#[tokio::test]
async fn the_door_for_peers_is_for_nodes_of_the_house() {
    let control = Control::start().await;
    control.put(route(1, "melati"));
    let peer = Peer::of(&control).await;
    let ask = async |word: &str| peer.post.link.0.peers.client.kept(&peer.url, word).await;
    assert!(matches!(ask("guessed").await, Err(LinkError::Answered(401))));
    assert!(ask(&peer.post.link.0.peers.word).await.is_ok());
}

#[tokio::test]
async fn the_newest_table_is_the_one_that_leads_furthest_without_a_gap() {
    let control = Control::start().await;
    control.put(route(1, "melati"));
    let snapshot = feed_key().sign("snapshot", &control.table()).unwrap();
    let changes = |since: u64, versions: &[u64]| {
        let change = |version: &u64| {
            let change = Change::Route(Box::new(route((*version).into(), &format!("hotel-{version}"))));
            Delta { version: *version, change }
        };
        let deltas = Deltas { since, deltas: versions.iter().map(change).collect() };
        feed_key().sign("deltas", &deltas).unwrap()
    };
    let gap = Kept { snapshot: snapshot.clone(), deltas: vec![changes(1, &[2]), changes(7, &[8, 9])] };
    let shuffled = Kept { snapshot: snapshot.clone(), deltas: vec![changes(1, &[4, 3, 2])] };
    let whole = Kept { snapshot, deltas: vec![changes(1, &[2, 3]), changes(2, &[3])] };
    let peers = vec![handing_out(gap).await, handing_out(whole).await, handing_out(shuffled).await];
    let folder = state_dir();
    let post = Post::among(peers, Clock::wall(), NOBODY, &folder, None).start();
    post.reaches(3).await;
    assert!(post.knows("hotel-3.hotelhub.test"));
    until(|| post.link.0.shelf.offer().unwrap().is_some_and(|kept| kept.deltas.len() == 2)).await;
    drop(post);
    let post = Post::new(NOBODY, &folder, None);
    assert!(post.link.recall().unwrap());
    assert_eq!(post.directory.version(), 3);
}

/// Somebody who answers peers with what he sealed himself.
async fn forger(control: &Control) -> String {
    let snapshot = control::stranger().sign("snapshot", &control.table()).unwrap();
    handing_out(Kept { snapshot, deltas: Vec::new() }).await
}

/// The address of a peer that has kept this.
pub(super) async fn handing_out(kept: Kept) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let doors = axum::Router::new().route(paths::KEPT, axum::routing::get(async move || axum::Json(kept)));
    tokio::spawn(async move { axum::serve(listener, doors).await });
    url
}
