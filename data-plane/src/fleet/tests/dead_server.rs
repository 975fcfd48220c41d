//! One hotel brought to a point in time though its server is dead, or went two ways.
use std::fs;
use std::time::Duration;

use hotelhub_protocol::Recovery;
use jiff::SignedDuration;
use tokio_postgres::Client;

use super::own_server::store_key;
use super::recovery::{MELATI, Street, count, instant};

impl Street {
    /// Ends the file of WAL the server writes, and waits until it is in the store.
    async fn keeps_its_wal(&self, inside: &Client) {
        let ended = "select pg_walfile_name(pg_switch_wal() - 1::numeric)";
        let ended: String = inside.query_one(ended, &[]).await.unwrap().get(0);
        while !self.server.kept().iter().any(|file| file.ends_with(&ended)) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test]
async fn a_hotel_of_a_server_that_is_dead_is_made_out_of_the_store_alone() {
    let mut street = Street::new().await;
    let home = street.enter_home().await;
    let at = instant(&home).await;
    instant(&home).await;
    home.execute("delete from guests", &[]).await.unwrap();
    street.keeps_its_wal(&home).await;
    drop(home);
    street.server.die();
    let asked = street.recover(street.recovery(at)).await.unwrap_err();
    assert!(!asked.is_final(), "it may come back: {asked:?}");
    let alone = Recovery { store_alone: true, ..street.recovery(at) };
    let late = Recovery { at: at + SignedDuration::from_hours(1), ..alone.clone() };
    let late = street.refusal(&street.fleet, late).await;
    assert!(late.contains("before configured recovery target"), "what was not archived is lost: {late}");
    let taken = street.recover(alone).await.unwrap();
    assert_eq!((taken.taken_at, street.sides().len()), (at, 0));
    street.server.revive().await;
    assert_eq!(street.restore(&taken, MELATI).await.1, 400);
}

#[tokio::test]
async fn of_an_instant_that_two_timelines_have_staff_say_which_is_meant() {
    let street = Street::new().await;
    let home = street.enter_home().await;
    let before = instant(&home).await;
    home.execute("delete from guests where name = 'Tamu 0'", &[]).await.unwrap();
    let fork: String = home.query_one("select pg_current_wal_insert_lsn()::text", &[]).await.unwrap().get(0);
    home.execute("delete from guests where name = 'Tamu 1'", &[]).await.unwrap();
    let after = instant(&home).await;
    instant(&home).await;
    home.execute("delete from guests", &[]).await.unwrap();
    street.keeps_its_wal(&home).await;
    // What a standby says that was promoted there while the server went on.
    let history = street.server.folder.join("promoted");
    fs::write(&history, format!("1\t{fork}\tno recovery target specified\n")).unwrap();
    let kept = street.server.wal(store_key(), &["keep", history.to_str().unwrap(), "00000002.history"]);
    assert_eq!(kept, Some(0));

    let wanted = |at| Recovery { store_alone: true, ..street.recovery(at) };
    let refused = street.refusal(&street.fleet, wanted(after)).await;
    assert!(refused.contains("--timeline"), "{refused}");
    let taken = street.recover(Recovery { timeline: Some(1), ..wanted(after) }).await.unwrap();
    assert_eq!(street.restore(&taken, MELATI).await.1, 398, "both deletions were on it");
    street.recover(wanted(before)).await.expect("what was written before is both timelines' own");
    let other = street.server.wal(store_key(), &["keep", history.to_str().unwrap(), "00000003.history"]);
    assert_eq!(other, Some(0));
    let refused = street.recover(wanted(before)).await.unwrap_err();
    assert!(refused.is_final() && refused.reason().contains("1, 2, 3"), "{refused:?}");
    assert_eq!(count(&home).await, 0, "the server was not touched");
}
