//! Hotels brought to a point in time: what the vendor's house does about it. What the fleet role does is told elsewhere.
use hotelhub_control_plane::backups::drive;
use hotelhub_control_plane::fleet::Gauges;
use hotelhub_identity::StaffRole;
use hotelhub_protocol::{BaseTaken, Copying, Heartbeat, Moved, Order, Outcome, Recovery, Role, Task};
use hotelhub_testkit::Answer;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::backups::{Cellar, restored, taken};
use crate::office::{CLUSTER, TEMPLATE, beat};

impl Cellar {
    /// One whose server archives its WAL.
    async fn with_wal() -> Self {
        let cellar = Self::open().await;
        cellar.node.archives_wal(&[CLUSTER], cellar.office.clock.now()).await;
        cellar
    }

    async fn restore(&self, wish: Value) -> Answer {
        self.post("restores", wish).await
    }

    async fn copy(&self) -> Answer {
        self.staff.post(&format!("/api/v1/clusters/{CLUSTER}/base-backups"), &json!({})).await.unwrap()
    }

    async fn copies(&self) -> Vec<Value> {
        let page = self.staff.get(&format!("/api/v1/clusters/{CLUSTER}/base-backups")).await.unwrap();
        page.json()["items"].as_array().unwrap().clone()
    }

    /// Carries out the base backup that is ordered, and the removal of what nobody needs, which it answers.
    pub(crate) async fn copies_whole(&self, wal: &str) -> Task {
        let order = self.node.lease_copying().await.unwrap();
        assert!(matches!(order.task, Task::TakeBase { .. }), "{order:?}");
        self.told(&order, self.whole(wal)).await;
        self.removes().await
    }

    /// A base backup that is whole now.
    fn whole(&self, wal: &str) -> Outcome {
        let now = self.office.clock.now();
        Outcome::BaseTaken(BaseTaken {
            began_at: now,
            ended_at: now,
            took_ms: 9_000,
            from_wal: wal.to_owned(),
            to_wal: wal.to_owned(),
            stored_bytes: 90_000_000,
            sha256: "cd".repeat(32),
        })
    }

    /// Carries out a removal, which it answers.
    async fn removes(&self) -> Task {
        let removal = self.node.lease_copying().await.unwrap();
        self.told(&removal, Outcome::Pruned).await;
        removal.task
    }

    /// Removes what a backup that failed may have left.
    async fn removes_backup(&self) {
        let Task::PruneBackups { .. } = self.removes().await else { panic!("nothing is removed") };
    }

    /// Time goes on; when it is then.
    fn soon(&self) -> Timestamp {
        self.office.clock.advance(SignedDuration::from_secs(5));
        self.office.clock.now()
    }

    /// Asks for the hotel as it was; the order that is to make it so.
    async fn wants(&self, at: Timestamp) -> (Order, Recovery) {
        let begun = self.restore(json!({ "at": at, "slug": "melati" })).await;
        assert_eq!(begun.status, StatusCode::OK, "{}", begun.text);
        let order = self.node.lease_copying().await.unwrap();
        let Task::RecoverTenant { recovery, .. } = &order.task else { panic!("{order:?}") };
        let recovery = recovery.clone();
        (order, recovery)
    }

    /// Makes what was wanted, and fills it into a database, which it answers.
    async fn makes(&self, order: &Order, at: Timestamp) -> String {
        assert!(self.node.lease_copying().await.is_none(), "nothing is restored before it is made");
        self.told(order, taken(at)).await;
        let order = self.node.lease_copying().await.unwrap();
        let Task::RestoreTenant { database, .. } = &order.task else { panic!("{order:?}") };
        self.told(&order, restored()).await;
        assert_eq!(self.latest("restores").await["state"], "done");
        database.clone()
    }

    /// The database that is served.
    async fn database(&self) -> String {
        self.route().await.placement.database
    }

    async fn latest(&self, of: &str) -> Value {
        self.listed(of).await.remove(0)
    }

    async fn told(&self, order: &Order, outcome: Outcome) {
        assert_eq!(self.say(order, outcome).await, StatusCode::NO_CONTENT);
    }
}

#[tokio::test]
async fn a_server_is_copied_each_day_and_on_request_where_its_wal_is_archived() {
    let mut cellar = Cellar::with_wal().await;
    let begun = cellar.copy().await;
    assert_eq!(begun.status, StatusCode::OK, "{}", begun.text);
    assert_eq!(cellar.copy().await.code(), "base-backup-open");
    assert!(cellar.node.lease_beside().await.is_none(), "who takes one has room for hotels' backups alone");
    cellar.post("backups", json!({})).await;
    let beside = cellar.node.lease_beside().await.expect("which wait for none");
    cellar.told(&beside, taken(cellar.office.clock.now())).await;
    cellar.copies_whole("000000010000000000000009").await;
    drive(&cellar.office.app).await.unwrap();
    assert!(cellar.node.lease_copying().await.is_none(), "it was copied today");
    cellar.office.clock.advance(SignedDuration::from_hours(25));
    cellar.node.keeps_backups(cellar.office.clock.now()).await;
    cellar.staff = cellar.office.staff(StaffRole::DevOps).await;
    assert_eq!(cellar.copy().await.code(), "not-archiving");
    cellar.node.archives_wal(&[CLUSTER], cellar.office.clock.now()).await;
    let sql = cellar.office.scratch.connect().await.unwrap();
    sql.batch_execute("update tenants set status = 'churned'").await.unwrap();
    drive(&cellar.office.app).await.unwrap();
    let removal = cellar.copies_whole("00000001000000000000000B").await;
    let Task::PruneBases { bases, first_wal, .. } = removal else { panic!("{removal:?}") };
    assert_eq!((bases.len(), first_wal.as_deref()), (0, Some("000000010000000000000009")));
    let copies = cellar.copies().await;
    assert_eq!((copies.len(), &copies[0]["kind"], &copies[1]["kind"]), (2, &json!("daily"), &json!("asked")));
}

#[tokio::test]
async fn what_a_failed_copy_of_a_server_may_have_left_is_removed_and_one_that_comes_late_too() {
    let cellar = Cellar::with_wal().await;
    cellar.copy().await;
    let order = cellar.node.lease_copying().await.unwrap();
    cellar.told(&order, Outcome::Refused { reason: "it has tablespaces".to_owned() }).await;
    let failed = &cellar.copies().await[0];
    assert_eq!((&failed["state"], &failed["error"]), (&json!("failed"), &json!("it has tablespaces")));
    let base = failed["id"].as_str().unwrap().to_owned();
    for _ in 0..2 {
        let Task::PruneBases { bases, first_wal: None, .. } = cellar.removes().await else { panic!("WAL goes") };
        assert_eq!(bases.iter().map(ToString::to_string).collect::<Vec<_>>(), [base.as_str()]);
        cellar.told(&order, cellar.whole("000000010000000000000009")).await;
    }
    assert_eq!(cellar.copies().await[0]["state"], "failed");
    assert_eq!(cellar.copy().await.status, StatusCode::OK, "another may be taken");
    let Task::PruneBases { bases, .. } = cellar.copies_whole("00000001000000000000000B").await else { panic!("none") };
    assert_eq!(
        bases.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [base],
        "what may still be there goes with it"
    );
}

#[tokio::test]
async fn the_alarm_goes_on_when_a_server_is_not_copied_for_two_days_or_its_wal_is_not_archived() {
    let mut cellar = Cellar::with_wal().await;
    let gauges = Gauges::register(&cellar.office.app.metrics).unwrap();
    let shown = async |cellar: &Cellar| {
        gauges.look(&cellar.office.app).await.unwrap();
        let text = String::from_utf8(cellar.office.app.metrics.text().unwrap()).unwrap();
        ["hotelhub_base_backups_overdue ", "hotelhub_wal_unarchived "]
            .map(|name| text.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned())
    };
    assert_eq!(shown(&cellar).await, ["0", "0"], "nobody has asked for copies");
    cellar.copy().await;
    cellar.copies_whole("000000010000000000000009").await;
    assert_eq!(shown(&cellar).await, ["0", "0"]);
    cellar.node.keeps_backups(cellar.office.clock.now()).await;
    assert_eq!(shown(&cellar).await, ["0", "1"], "the server's archive_command fails");
    cellar.office.clock.advance(SignedDuration::from_hours(49));
    cellar.node.archives_wal(&[CLUSTER], cellar.office.clock.now()).await;
    assert_eq!(shown(&cellar).await, ["1", "0"]);
    cellar.node.keeps_backups(cellar.office.clock.now()).await;
    cellar.staff = cellar.office.staff(StaffRole::DevOps).await;
    let page = cellar.staff.page("/vendor/fleet").await.unwrap().text;
    assert!(page.contains("Dua hari tanpa salinan") && page.contains("WAL tidak diarsipkan"), "{page}");
}

#[tokio::test]
async fn a_copy_that_takes_hours_stays_with_its_worker_as_long_as_it_goes_on() {
    let cellar = Cellar::with_wal().await;
    cellar.copy().await;
    let order = cellar.node.lease_copying().await.unwrap();
    let says = async |goes_on| {
        let copying = vec![Copying { order: order.id, fence: order.fence, goes_on, how_far: None }];
        let beat = Heartbeat { copying, ..beat(&[Role::Fleet], cellar.office.clock.now()) };
        cellar.node.heartbeat(&beat).await.leases.unwrap()
    };
    let hour = SignedDuration::from_hours(1);
    for _ in 0..3 {
        cellar.office.clock.advance(SignedDuration::from_mins(50));
        let until = says(true).await.pop().unwrap().until;
        assert_eq!(until, cellar.office.clock.now() + hour);
        assert!(cellar.node.lease_copying().await.is_none(), "it is nobody else's");
    }
    let until = says(false).await.pop().unwrap().until;
    cellar.office.clock.advance(hour);
    assert!(until <= cellar.office.clock.now() && says(false).await.len() == 1);
    let again = cellar.node.lease_copying().await.unwrap();
    assert_eq!((again.id, again.fence), (order.id, order.fence + 1), "what hangs is begun anew");
    assert!(says(true).await.is_empty(), "it is not the first one's any more");
}

#[tokio::test]
async fn a_hotel_is_restored_to_an_instant_by_a_backup_that_is_made_of_it_first() {
    let cellar = Cellar::with_wal().await;
    let early = cellar.office.clock.now();
    cellar.copy().await;
    cellar.soon();
    cellar.copies_whole("000000010000000000000009").await;
    let at = cellar.soon();
    cellar.soon();
    let refused = async |wish| cellar.restore(wish).await.code().to_owned();
    assert_eq!(refused(json!({ "at": early, "slug": "melati" })).await, "no-base-backup");
    let late = at + SignedDuration::from_hours(1);
    assert_eq!(refused(json!({ "at": late, "slug": "melati" })).await, "not-come-yet");
    assert_eq!(refused(json!({ "at": at, "slug": "mawar" })).await, "other-name");
    let backup = "01980f6e-0000-7000-8000-000000000000";
    assert_eq!(refused(json!({ "at": at, "backup": backup, "slug": "melati" })).await, "backup-and-instant");
    let (order, recovery) = cellar.wants(at).await;
    assert_eq!((recovery.at, recovery.tenant.to_string()), (at, cellar.tenant.clone()));
    let database = cellar.makes(&order, at).await;
    let backup = cellar.latest("backups").await;
    assert_eq!((&backup["kind"], &backup["state"]), (&json!("instant"), &json!("done")));
    assert_eq!(cellar.database().await, database);
}

#[tokio::test]
async fn an_instant_is_made_of_the_database_that_the_hotel_had_then() {
    let cellar = Cellar::with_wal().await;
    cellar.copy().await;
    cellar.copies_whole("000000010000000000000009").await;
    let first = cellar.database().await;
    let before = cellar.soon();
    cellar.soon();
    let (order, _) = cellar.wants(before).await;
    let second = cellar.makes(&order, before).await;
    let between = cellar.soon();
    cellar.soon();
    let restore = cellar.latest("restores").await["id"].as_str().unwrap().to_owned();
    let undone = cellar.staff.post(&format!("/api/v1/restores/{restore}/undo"), &json!({})).await.unwrap();
    assert_eq!(undone.status, StatusCode::OK, "{}", undone.text);
    assert_eq!(cellar.database().await, first);
    let after = cellar.soon();
    cellar.soon();
    for (at, database) in [(before, &first), (between, &second), (after, &first)] {
        let (order, recovery) = cellar.wants(at).await;
        assert_eq!(&recovery.of, database, "{at}");
        cellar.told(&order, Outcome::Refused { reason: "enough".to_owned() }).await;
        cellar.removes_backup().await;
    }
}

#[tokio::test]
async fn a_hotel_that_an_older_program_gave_a_database_is_found_there_as_well() {
    let cellar = Cellar::with_wal().await;
    cellar.copy().await;
    cellar.copies_whole("000000010000000000000009").await;
    let first = cellar.database().await;
    let at = cellar.soon();
    let (order, _) = cellar.wants(at).await;
    let second = cellar.makes(&order, at).await;
    let sql = cellar.office.scratch.connect().await.unwrap();
    sql.execute("delete from lodgings where database_name = $1", &[&second]).await.unwrap();
    let later = cellar.soon();
    for _ in 0..2 {
        drive(&cellar.office.app).await.unwrap();
    }
    let (order, recovery) = cellar.wants(later).await;
    assert_eq!((recovery.of, order.task.cluster().0.as_str()), (second, CLUSTER));
    let noted = "select count(*), count(*) filter (where database_name = $1) from lodgings";
    let row = sql.query_one(noted, &[&first]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (2, 1), "once is enough");
}

#[tokio::test]
async fn an_instant_before_a_move_is_made_on_the_server_that_the_hotel_moved_away_from() {
    let cellar = Cellar::with_wal().await;
    let both = [CLUSTER, "jkt-22"];
    cellar.office.add_cluster(both[1], 100, 1_000).await;
    cellar.node.archives_wal(&both, cellar.office.clock.now()).await;
    cellar.copy().await;
    cellar.copies_whole("000000010000000000000009").await;
    let (first, before) = (cellar.database().await, cellar.soon());
    cellar.soon();
    assert_eq!(cellar.post("moves", json!({ "to": both[1] })).await.status, StatusCode::OK);
    let switched = Moved::Switched { template: TEMPLATE.to_owned(), rows: 1_234, held_ms: 210 };
    for moved in [Moved::Copied { bytes: 15_000_000 }, switched, Moved::Cleared] {
        let order = cellar.node.lease_moving(&both).await.unwrap();
        cellar.told(&order, Outcome::Moved(moved)).await;
    }
    assert_ne!(cellar.database().await, first);
    let (order, recovery) = cellar.wants(before).await;
    assert_eq!((order.task.cluster().0.as_str(), recovery.of), (CLUSTER, first));
    cellar.told(&order, Outcome::Refused { reason: "enough".to_owned() }).await;
    let after = cellar.soon();
    cellar.soon();
    let refused = cellar.restore(json!({ "at": after, "slug": "melati" })).await;
    assert_eq!(refused.code(), "no-base-backup", "the other server was never copied");
}

#[tokio::test]
async fn an_instant_that_cannot_be_made_is_told_and_the_hotel_opens_as_it_was() {
    let cellar = Cellar::with_wal().await;
    cellar.copy().await;
    cellar.copies_whole("000000010000000000000009").await;
    let at = cellar.office.clock.now();
    assert_eq!(cellar.restore(json!({ "at": at, "slug": "melati" })).await.status, StatusCode::OK);
    let order = cellar.node.lease_copying().await.unwrap();
    cellar.told(&order, Outcome::Refused { reason: "the WAL is not there".to_owned() }).await;
    let restore = cellar.latest("restores").await;
    assert_eq!((&restore["state"], &restore["error"]), (&json!("failed"), &json!("the WAL is not there")));
    let found = cellar.staff.get(&format!("/api/v1/tenants/{}", cellar.tenant)).await.unwrap().json();
    assert!(found["maintenance"].is_null(), "{found}");
}

#[tokio::test]
async fn a_hotels_page_offers_the_instants_that_can_be_made_and_takes_one_in_the_vendors_own_time() {
    let cellar = Cellar::with_wal().await;
    let (page, form) =
        (format!("/vendor/tenants/{}", cellar.tenant), format!("/vendor/tenants/{}/instants", cellar.tenant));
    assert!(!cellar.staff.page(&page).await.unwrap().text.contains(&form), "there is nothing to make one of");
    cellar.copy().await;
    cellar.copies_whole("000000010000000000000009").await;
    let at = cellar.soon();
    let offered = cellar.staff.page(&page).await.unwrap().text;
    let from = (at - SignedDuration::from_secs(4)).to_zoned(TimeZone::get("Asia/Jakarta").unwrap());
    let first = format!("min=\"{}\"", from.strftime("%Y-%m-%dT%H:%M:%S"));
    assert!(offered.contains(&form) && offered.contains(&first), "{first} in {offered}");
    let wanted = at.to_zoned(TimeZone::get("Asia/Jakarta").unwrap()).strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let post = async |key, at| {
        let fields = [("at", at), ("slug", "melati"), ("_key", key)];
        assert_eq!(cellar.staff.form(&form, &fields).await.unwrap().status, StatusCode::SEE_OTHER);
    };
    post("an-instant-0001", "").await;
    assert!(cellar.node.lease_copying().await.is_none(), "no instant was named");
    post("an-instant-0002", &wanted).await;
    let order = cellar.node.lease_copying().await.unwrap();
    let Task::RecoverTenant { recovery, .. } = &order.task else { panic!("{order:?}") };
    assert_eq!(recovery.at, at);
}
