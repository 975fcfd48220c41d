//! Tables and changes that are offered and are not what they should be: refused, told, and the last good one is served by.
use hotelhub_kernel::Clock;
use jiff::SignedDuration;

use super::control::{Control, Mood, route};
use super::{Post, state_dir, until};
use crate::link::LinkError;

/// A node that lives by the table of these hotels.
async fn settled(control: &Control, hotels: u128) -> Post {
    control.put_all((1..=hotels).map(|n| route(n, &format!("hotel-{n}"))));
    let post = Post::new(&control.url, &state_dir(), None).start();
    post.reaches(u64::try_from(hotels).unwrap()).await;
    post
}

#[tokio::test]
async fn an_older_snapshot_is_refused() {
    let control = Control::start().await;
    let post = settled(&control, 2).await;
    // The central database was put back to an old state.
    control.roll_back(1);
    until(|| post.refusals.standing() == Some("older")).await;
    assert!(!post.connected());
    assert_eq!((post.directory.version(), post.directory.count()), (2, 2));
}

#[tokio::test]
async fn a_table_that_came_half_or_under_a_strange_seal_is_refused_and_told_until_a_good_one_comes() {
    for (mood, word) in [(Mood::Tear, "unreadable"), (Mood::Forge, "forged")] {
        let control = Control::start().await;
        let post = settled(&control, 2).await;
        control.mood(mood);
        control.put(route(3, "mawar"));
        until(|| post.refusals.standing() == Some(word)).await;
        assert!(matches!(post.link.0.take_snapshot().await, Err(LinkError::Refused(_))));
        assert_eq!((post.directory.version(), post.directory.count()), (2, 2));
        assert!(post.refused(word), "counted");
        control.mood(Mood::True);
        post.reaches(3).await;
        until(|| post.connected()).await;
        post.link.0.take_snapshot().await.unwrap();
        assert_eq!(post.refusals.standing(), None);
    }
}

#[tokio::test]
async fn a_table_that_lost_most_hotels_is_refused_however_often_it_comes_and_the_changes_are_followed_on() {
    let control = Control::start().await;
    let post = settled(&control, 20).await;
    control.mood(Mood::LoseHotels);
    for _ in 0..2 {
        assert!(post.link.0.take_snapshot().await.is_err());
        assert_eq!(post.refusals.standing(), Some("shrunken"));
    }
    control.put(route(21, "mawar"));
    post.reaches(21).await;
    assert_eq!(post.directory.count(), 21);
    assert_eq!(post.refusals.standing(), Some("shrunken"), "it is told as long as it is so");
    control.mood(Mood::True);
    post.link.0.take_snapshot().await.unwrap();
    assert_eq!(post.refusals.standing(), None);
}

#[tokio::test]
async fn a_table_of_the_version_that_is_held_may_lack_no_hotel_be_there_ever_so_few() {
    let control = Control::start().await;
    let post = settled(&control, 2).await;
    until(|| post.link.0.shelf.offer().unwrap().is_some()).await;
    control.mood(Mood::LoseHotels);
    assert!(post.link.0.take_snapshot().await.is_err());
    assert_eq!(post.refusals.standing(), Some("shrunken"));
    let kept = post.link.0.shelf.offer().unwrap().unwrap();
    assert!(kept.snapshot.windows(7).any(|word| word == b"hotel-2"), "what lies on the disk is whole");
}

#[tokio::test]
async fn hotels_that_left_while_a_node_was_away_are_believed_to_have_left() {
    let control = Control::start().await;
    let folder = state_dir();
    control.put_all((1..=20).map(|n| route(n, &format!("hotel-{n}"))));
    let post = Post::new(&control.url, &folder, None).start();
    post.reaches(20).await;
    control.gone(1);
    post.reaches(21).await;
    drop(post);
    (2..=19).for_each(|n| control.gone(n));
    control.mood(Mood::Forget);
    let post = Post::new(&control.url, &folder, None);
    assert!(post.link.recall().unwrap());
    let post = post.start();
    post.reaches(39).await;
    assert_eq!((post.directory.count(), post.refusals.standing()), (1, None));
}

#[tokio::test]
async fn an_answer_that_never_comes_is_asked_for_again() {
    let control = Control::start().await;
    let post = settled(&control, 1).await;
    control.mood(Mood::KeepSilent);
    control.put(route(2, "kenanga"));
    until(|| control.silences() == 1).await;
    post.reaches(2).await;
}

#[tokio::test]
async fn changes_out_of_order_or_long_known_change_nothing() {
    let control = Control::start().await;
    let post = settled(&control, 2).await;
    control.mood(Mood::Shuffle);
    control.put_all([route(3, "mawar"), route(4, "anggrek")]);
    post.reaches(4).await;
    assert_eq!(control.snapshots_given(), 2, "what does not follow on is not guessed");
    control.mood(Mood::RepeatOld);
    until(|| control.repeats() >= 3).await;
    assert_eq!((post.directory.version(), post.directory.count()), (4, 4));
    control.mood(Mood::True);
    control.gone(1);
    post.reaches(5).await;
    assert_eq!(post.directory.count(), 3);
}

#[tokio::test]
async fn a_snapshot_is_renewed_from_time_to_time_though_nothing_changes() {
    let control = Control::start().await;
    control.put(route(1, "melati"));
    let clock = Clock::at(Clock::wall().now());
    let post = Post::among(Vec::new(), clock.clone(), &control.url, &state_dir(), None).start();
    post.reaches(1).await;
    clock.advance(SignedDuration::from_mins(61));
    until(|| control.snapshots_given() >= 2).await;
    // The clock is set back: nobody waits until it is as late again.
    clock.advance(SignedDuration::from_hours(-24));
    until(|| control.snapshots_given() >= 3).await;
}
