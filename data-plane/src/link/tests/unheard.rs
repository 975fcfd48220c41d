//! A hotel is kept from writing for a moment, and a control plane that is away makes it no longer one.
use std::time::Duration;

use hotelhub_protocol::MoveStep;

use super::control::Control;
use super::{Post, state_dir};
use crate::fleet::tests::moves::{Removal, write};

/// Whether the hotel can write comes to be so, within a minute.
async fn until(wanted: bool, removal: &Removal) {
    let source = removal.at_source().await;
    for _ in 0..6_000 {
        if write(&source, "Wayan").await.is_ok() == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not come to be so");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_switch_of_which_nobody_hears_is_taken_back_and_the_hotel_is_written_to() {
    let removal = Removal::of("unheard").await;
    removal.step(MoveStep::Copy).await.unwrap();
    let control = Control::start().await;
    control.lose_reports(u32::MAX);
    control.order(removal.task(MoveStep::Switch));
    let post = Post::new(&control.url, &state_dir(), Some(removal.fleet.clone())).start();
    until(false, &removal).await;
    until(true, &removal).await;
    assert!(control.reports().is_empty());
    drop(post);
    removal.step(MoveStep::Undo).await.unwrap();
    removal.clear().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_switch_that_is_heard_and_not_made_is_taken_back_at_once() {
    let removal = Removal::of("not made").await;
    removal.step(MoveStep::Copy).await.unwrap();
    let control = Control::start().await;
    control.make_no_switch();
    control.order(removal.task(MoveStep::Switch));
    let post = Post::new(&control.url, &state_dir(), Some(removal.fleet.clone())).start();
    until_told(&control).await;
    until(true, &removal).await;
    assert!(write(&removal.at_target().await.unwrap(), "at both").await.is_err());
    drop(post);
    removal.step(MoveStep::Undo).await.unwrap();
    removal.clear().await;
}

async fn until_told(control: &Control) {
    while control.reports().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
