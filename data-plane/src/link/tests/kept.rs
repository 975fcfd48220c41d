//! What lies on a node's disk, whole and spoilt.
use std::path::Path;

use hotelhub_kernel::Clock;
use jiff::SignedDuration;

use super::control::{self, Control, Mood, route};
use super::{Post, state_dir, until};

/// Nobody listens there.
const NOBODY: &str = "http://127.0.0.1:9";

#[tokio::test]
async fn a_node_starts_from_its_disk_while_the_control_plane_is_away() {
    let control = Control::start().await;
    let folder = state_dir();
    control.put(route(1, "melati"));
    let post = Post::new(&control.url, &folder, None).start();
    post.reaches(1).await;
    control.put(route(2, "kenanga"));
    control.put(route(3, "mawar"));
    post.reaches(3).await;
    let journal = folder.join("routes.journal.jsonl");
    let lines = || std::fs::read(&journal).unwrap().iter().filter(|byte| **byte == b'\n').count();
    until(|| lines() >= 1).await;
    drop(post);
    // A crash in the middle of the next line, and of a letter.
    let mut torn = std::fs::read(&journal).unwrap();
    torn.extend_from_slice(b"{\"kind\":\"deltas\",\"payl\xC3");
    std::fs::write(&journal, torn).unwrap();

    let post = Post::new(NOBODY, &folder, None);
    assert!(post.link.recall().unwrap());
    let post = post.start();
    assert_eq!(post.directory.version(), 3);
    assert!(post.knows("mawar.hotelhub.test") && !post.connected());
    drop(post);

    // It comes back: what was missed is heard as changes.
    control.put(route(4, "anggrek"));
    let post = Post::new(&control.url, &folder, None);
    post.link.recall().unwrap();
    let post = post.start();
    let kept = lines();
    post.reaches(4).await;
    assert_eq!(control.snapshots_given(), 1);
    until(|| lines() > kept).await;
    drop(post);

    // What was kept after the crash is there after the next restart.
    let post = Post::new(NOBODY, &folder, None);
    assert!(post.link.recall().unwrap() && post.knows("anggrek.hotelhub.test"));
}

#[tokio::test]
async fn a_node_whose_kept_changes_end_in_one_that_is_not_believed_keeps_the_whole_table_anew() {
    let control = Control::start().await;
    let folder = state_dir();
    control.put(route(1, "melati"));
    let post = Post::new(&control.url, &folder, None).start();
    post.reaches(1).await;
    until(|| folder.join("routes.snapshot.json").exists()).await;
    drop(post);
    let forged = serde_json::to_string(&control::stranger().sign("deltas", &()).unwrap()).unwrap();
    std::fs::write(folder.join("routes.journal.jsonl"), forged + "\n").unwrap();

    let post = Post::new(&control.url, &folder, None);
    assert!(post.link.recall().unwrap());
    let post = post.start();
    control.put(route(2, "kenanga"));
    post.reaches(2).await;
    until(|| control.snapshots_given() == 2).await;
    until(|| std::fs::read(folder.join("routes.journal.jsonl")).is_ok_and(|lines| lines.is_empty())).await;
    drop(post);
    let post = Post::new(NOBODY, &folder, None);
    assert!(post.link.recall().unwrap() && post.knows("kenanga.hotelhub.test"));
}

/// A folder with two generations: the table of two hotels, and that of three, each with one change since.
async fn two_generations(control: &Control, folder: &Path) {
    control.put_all([route(1, "melati"), route(2, "kenanga")]);
    let post = Post::new(&control.url, folder, None).start();
    post.reaches(2).await;
    control.put(route(3, "mawar"));
    post.reaches(3).await;
    post.link.0.take_snapshot().await.unwrap();
    control.put(route(4, "anggrek"));
    post.reaches(4).await;
    until(|| {
        std::fs::read(folder.join("routes.journal.jsonl"))
            .is_ok_and(|lines| lines.windows(7).any(|word| word == b"anggrek"))
    })
    .await;
}

#[tokio::test]
async fn a_table_that_is_spoilt_on_disk_is_told_and_the_one_before_is_served_by_with_every_change_since() {
    let control = Control::start().await;
    let folder = state_dir();
    two_generations(&control, &folder).await;
    let newest = folder.join("routes.snapshot.json");
    let good = std::fs::read(&newest).unwrap();
    let spoil = |at: usize| {
        let mut spoilt = good.clone();
        spoilt[at] ^= 1;
        spoilt
    };
    for spoilt in [Vec::new(), good[..good.len() / 2].to_vec(), spoil(good.len() / 2), spoil(good.len() - 8)] {
        std::fs::write(&newest, &spoilt).unwrap();
        let post = Post::new(NOBODY, &folder, None);
        assert!(post.link.recall().unwrap());
        assert_eq!((post.directory.version(), post.directory.count()), (4, 4));
        assert!(post.refusals.standing().is_some());
    }

    // It is made good as soon as the control plane is heard, and the spoilt one never takes the place of the one before.
    let post = Post::new(&control.url, &folder, None);
    post.link.recall().unwrap();
    let post = post.start();
    until(|| post.refusals.standing().is_none()).await;
    until(|| std::fs::read(&newest).is_ok_and(|bytes| bytes.len() > good.len())).await;
    drop(post);
    std::fs::write(&newest, "").unwrap();
    let post = Post::new(NOBODY, &folder, None);
    assert!(post.link.recall().unwrap());
    assert_eq!(post.directory.count(), 3, "the last good one before it");
}

#[tokio::test]
async fn a_spoilt_table_is_made_good_soon_after_the_control_plane_is_well_though_its_first_answer_was_refused() {
    let control = Control::start().await;
    let folder = state_dir();
    two_generations(&control, &folder).await;
    std::fs::write(folder.join("routes.snapshot.json"), "{}").unwrap();
    let clock = Clock::at(Clock::wall().now());
    let post = Post::among(Vec::new(), clock.clone(), &control.url, &folder, None);
    assert!(post.link.recall().unwrap());
    let given = control.snapshots_given();
    control.mood(Mood::Forge);
    let post = post.start();
    until(|| control.snapshots_given() > given && post.connected()).await;
    control.mood(Mood::True);
    clock.advance(SignedDuration::from_secs(61));
    until(|| post.refusals.standing().is_none()).await;
}

#[tokio::test]
async fn the_generation_before_is_not_looked_at_while_the_newest_is_good() {
    let control = Control::start().await;
    let folder = state_dir();
    two_generations(&control, &folder).await;
    let before = folder.join("routes.snapshot.before.json");
    std::fs::remove_file(&before).unwrap();
    // What cannot even be read as a file.
    std::fs::create_dir(&before).unwrap();
    let post = Post::new(NOBODY, &folder, None);
    assert!(post.link.recall().unwrap());
    assert_eq!((post.directory.version(), post.refusals.standing()), (4, None));
}

#[tokio::test]
async fn a_crash_between_two_generations_leaves_one() {
    let control = Control::start().await;
    let folder = state_dir();
    two_generations(&control, &folder).await;
    // It had made the newest the one before, and not put the next in its place.
    std::fs::rename(folder.join("routes.snapshot.json"), folder.join("routes.snapshot.before.json")).unwrap();
    std::fs::rename(folder.join("routes.journal.jsonl"), folder.join("routes.journal.before.jsonl")).unwrap();
    let post = Post::new(NOBODY, &folder, None);
    assert!(post.link.recall().unwrap());
    assert_eq!(post.directory.version(), 4);
    assert_eq!(post.refusals.standing(), None);
}

#[tokio::test]
async fn a_node_of_which_nothing_good_is_left_serves_nothing_until_it_hears() {
    let control = Control::start().await;
    let folder = state_dir();
    two_generations(&control, &folder).await;
    for name in ["routes.snapshot.json", "routes.snapshot.before.json"] {
        std::fs::write(folder.join(name), "{}").unwrap();
    }
    let post = Post::new(&control.url, &folder, None);
    assert!(!post.link.recall().unwrap() && !post.directory.is_filled());
    let post = post.start();
    post.reaches(4).await;
    assert_eq!(post.refusals.standing(), None);
}
