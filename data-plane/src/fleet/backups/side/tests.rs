//! How a server beside goes when nobody waits for it any more.
use std::sync::Arc;

use tokio::sync::Mutex;

use super::*;

/// Stands for a Postgres that takes its time to stop: until there is a file `go` beside it.
const SLOW: &str = "trap 'while [ ! -e go ]; do sleep 0.01; done; exit 0' QUIT; : > up; while :; do sleep 0.01; done";

async fn until(is_so: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it did not come to be");
}

#[tokio::test]
async fn a_recovery_that_nobody_waits_for_any_more_blocks_nobody_and_its_turn_is_over_when_all_of_it_is_gone() {
    let place = Path::new("/var/tmp").join(format!("hh-{}", hex(&Entropy::system().bytes::<4>())));
    let (room, outside) = (place.join("room"), place.join("outside"));
    fs::create_dir_all(&outside).unwrap();
    let turns = Arc::new(Mutex::new(()));
    let mut side = Side::make(&room, 0, Arc::new(turns.clone().lock_owned().await)).unwrap();
    let folder = side.folder.clone();
    fs::write(folder.join("data/base"), "as large as a server").unwrap();
    side.server = Some(Command::new("sh").args(["-c", SLOW]).current_dir(&outside).spawn().unwrap());
    until(|| outside.join("up").exists()).await;

    drop(side);
    assert!(turns.try_lock().is_err(), "the next has no turn");
    assert!(folder.join("data/base").exists(), "the server is in it still, and nobody waited for its end");
    super::super::remains::clear_leftovers(&room);
    assert!(folder.exists(), "it is no leftover of somebody who is gone");
    fs::write(outside.join("go"), "").unwrap();
    let turn = tokio::time::timeout(Duration::from_secs(30), turns.lock()).await;
    assert!(turn.is_ok() && !folder.exists(), "room and turn come free together");
    fs::remove_dir_all(place).unwrap();
}

#[tokio::test]
async fn what_a_killed_worker_left_is_cleared_at_the_next_start() {
    let place = Path::new("/var/tmp").join(format!("hh-{}", hex(&Entropy::system().bytes::<4>())));
    fs::create_dir_all(&place).unwrap();
    let turns = Arc::new(Mutex::new(()));
    let side = Side::make(&place, 0, Arc::new(turns.clone().lock_owned().await)).unwrap();
    let folder = side.folder.clone();
    side.abandon();
    assert!(folder.exists());
    until(|| {
        // Whoever starts a program holds our files as well for a moment.
        super::super::remains::clear_leftovers(&place);
        !folder.exists()
    })
    .await;
    assert!(turns.try_lock().is_ok());
    fs::remove_dir_all(place).unwrap();
}

#[tokio::test]
async fn where_a_server_stopped_is_read_out_of_the_history_it_wrote_last() {
    let place = Path::new("/var/tmp").join(format!("hh-{}", hex(&Entropy::system().bytes::<4>())));
    fs::create_dir_all(&place).unwrap();
    let side = Side::make(&place, 0, Arc::new(Arc::new(Mutex::new(())).lock_owned().await)).unwrap();
    let wal = side.data().join("pg_wal");
    fs::create_dir(&wal).unwrap();
    assert!(side.stopped().is_err(), "it is on the timeline it began with");
    for (name, text) in [
        ("00000002.history", "1\t0/3000000\tno recovery target specified\n"),
        ("0000000A.history", "1\t0/3000000\tno recovery target specified\n\n2\t0/50000A8\tbefore 2026-07-03\n"),
        ("0000000A0000000000000005", "WAL"),
    ] {
        fs::write(wal.join(name), text).unwrap();
    }
    assert_eq!(side.stopped().unwrap(), (2, 0x0500_00a8));
    side.clear().await;
    fs::remove_dir_all(place).unwrap();
}
