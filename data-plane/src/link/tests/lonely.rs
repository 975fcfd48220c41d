//! What a node may use of a server's budget before anybody has granted it a share, and by which number its beats are known.
use hotelhub_kernel::Clock;
use hotelhub_protocol::{BeatNumber, ClusterId, Kept, Role, Share};

use super::control::{Control, feed_key, route};
use super::peers::{NOBODY, handing_out};
use super::{Post, state_dir, until};

fn share(connections: u32) -> Share {
    Share { cluster: ClusterId("main".into()), role: Role::Serve, connections }
}

fn holds(post: &Post, shares: &[Share]) -> bool {
    post.pools.load().iter().any(|load| load.holding == shares)
}

/// A peer that hands out what this control plane would.
async fn peer(control: &Control) -> Vec<String> {
    let snapshot = feed_key().sign("snapshot", &control.table()).unwrap();
    vec![handing_out(Kept { snapshot, deltas: Vec::new() }).await]
}

#[tokio::test]
async fn a_node_without_a_disk_that_nobody_hears_lives_by_its_reserve_and_by_nothing_where_there_is_none() {
    let control = Control::start().await;
    control.put(route(1, "melati"));
    let without = Post::among(peer(&control).await, Clock::wall(), NOBODY, &state_dir(), None).start();
    control.reserve(3);
    let with = Post::among(peer(&control).await, Clock::wall(), NOBODY, &state_dir(), None).start();
    without.reaches(1).await;
    with.reaches(1).await;
    until(|| holds(&with, &[share(3)])).await;
    // Well after anybody would have given up being heard.
    tokio::time::sleep(std::time::Duration::from_secs(6)).await;
    assert!(holds(&without, &[]) && holds(&with, &[share(3)]));
}

#[tokio::test]
async fn a_share_that_is_granted_takes_the_place_of_the_reserve() {
    let control = Control::start().await;
    control.put(route(1, "melati"));
    control.reserve(3);
    let post = Post::new(&control.url, &state_dir(), None).start();
    until(|| holds(&post, &[share(3)])).await;
    control.grant(vec![share(17)]);
    until(|| holds(&post, &[share(17)])).await;
    control.grant(vec![share(1)]);
    until(|| holds(&post, &[share(3)])).await;
}

#[tokio::test]
async fn what_is_answered_to_a_beat_of_another_start_is_not_lived_by_and_the_next_carries_its_number() {
    let control = Control::start().await;
    control.put(route(1, "melati"));
    control.number(5);
    let post = Post::new(&control.url, &state_dir(), None).start();
    control.grant(vec![share(17)]);
    until(|| holds(&post, &[share(17)])).await;
    let beats = control.beats();
    let numbers: Vec<_> = beats.iter().map(|number| number.start).collect();
    assert_eq!((numbers[0], numbers[1]), (0, 5));
    assert!(beats.windows(2).all(|pair| pair[0].beat < pair[1].beat), "{beats:?}");
    let before: Vec<BeatNumber> = control.beats();
    control.number(9);
    until(|| control.beats().iter().skip(before.len()).any(|number| number.start == 9)).await;
}
