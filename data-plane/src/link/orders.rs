//! The fleet role's loop: leases orders, has them carried out, reports.
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use hotelhub_kernel::Backoff;
use hotelhub_protocol::{ClusterId, LeaseWish, Order, Role, Task};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::Instant;

use super::client::WAIT;
use super::leases::is_copy;
use super::turning::turn_keys;
use super::{Inner, LinkError, reports};
use crate::fleet::Fleet;
use crate::statements;

/// Tenants made at once.
const CREATING: usize = 2;
/// Leased orders nobody waits for, in line.
const PREPARATIONS: usize = 16;
/// Orders to migrate or tend databases carried out at once: while one says how it went the other goes on.
const MIGRATIONS: usize = 2;
/// Orders about backups carried out at once: each has two connections.
const COPIES: usize = 1;
/// Orders about base backups carried out at once, beside those about hotels' backups.
const BASES: usize = 1;
/// Moves carried out at once: each has two connections at either end.
const MOVES: usize = 2;
/// A preparation begins when no tenant and no database was made for this long: the newest one's first guest is just coming in.
const QUIET: Duration = Duration::from_millis(150);
/// A worker that was given a tenant to make asks for the next order when it is done, or after this.
const BREATH: Duration = Duration::from_millis(20);
/// It steps back no longer than this.
const STEP_BACK: Duration = Duration::from_millis(600);
/// How often a worker looks which older templates lie on a server.
const LOOK_AGAIN: Duration = Duration::from_secs(120);
/// How often a worker lists what lies on a server. What is not as it should be is shown once it was seen twice.
const COUNT: Duration = Duration::from_secs(120);
/// How often a worker looks how a server's disk keeps up.
const WATCH: Duration = Duration::from_secs(5);
pub(super) const PAUSES: Backoff = Backoff { base: Duration::from_millis(200), ceiling: Duration::from_secs(15) };

/// Who makes tenants now, and when the last one was made.
#[derive(Clone)]
struct Creating {
    places: Arc<Semaphore>,
    last: Arc<Mutex<Option<Instant>>>,
}

impl Creating {
    fn made(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Waits until nobody makes a tenant and the last one has settled in.
    async fn quiet(&self) {
        // The lease loop holds one place while it waits for the next order.
        let others = u32::try_from(CREATING - 1).unwrap_or(1);
        loop {
            drop(self.places.acquire_many(others).await);
            let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
            match last.map(|last| last + QUIET).filter(|quiet_at| *quiet_at > Instant::now()) {
                Some(quiet_at) => tokio::time::sleep_until(quiet_at).await,
                None => return,
            }
        }
    }
}

/// Where a leased order goes.
struct Lines {
    creating: Creating,
    preparations: mpsc::Sender<Order>,
    migrating: Arc<Semaphore>,
    copying: Arc<Semaphore>,
    basing: Arc<Semaphore>,
    moving: Arc<Semaphore>,
    /// Told when the next wish for work is another than the one that waits.
    wish_again: Arc<Notify>,
}

/// Works for ever. Somebody waits for a tenant and nobody for the rest: what is to be prepared stands in a line of its own, one at a time, and
/// migrations go on beside.
pub(super) async fn work(link: Arc<Inner>, fleet: Fleet) {
    let creating = Creating { places: Arc::new(Semaphore::new(CREATING)), last: Arc::default() };
    let (preparations, line) = mpsc::channel(PREPARATIONS);
    let prepare = prepare_one_by_one(link.clone(), fleet.clone(), creating.clone(), line);
    let stand_by = stand_by(link.clone(), fleet.clone(), creating.clone());
    let (migrating, wish_again) = (Arc::new(Semaphore::new(MIGRATIONS)), Arc::<Notify>::default());
    let copying = Arc::new(Semaphore::new(if fleet.keeps_backups() { COPIES } else { 0 }));
    let basing = Arc::new(Semaphore::new(if fleet.keeps_backups() { BASES } else { 0 }));
    let moving = Arc::new(Semaphore::new(MOVES));
    let clusters = fleet.clusters();
    // It may be as large as a server: nobody waits until it is gone but the next recovery, which takes turns with this.
    let clear = fleet.clear_leftovers();
    let watch = join_all(clusters.iter().map(|cluster| watch_disk(&fleet, cluster)));
    let turn = join_all(clusters.iter().map(|cluster| turn_keys(&fleet, cluster)));
    let count = join_all(clusters.iter().map(|cluster| take_inventory(&link, &fleet, cluster)));
    let freeze = join_all(clusters.iter().map(|cluster| freeze_template(&link, &fleet, cluster, &wish_again)));
    let lines = Lines { creating, preparations, migrating, copying, basing, moving, wish_again: wish_again.clone() };
    let lease = lease_on_and_on(&link, &fleet, &lines);
    tokio::join!(clear, freeze, watch, count, turn, prepare, stand_by, lease);
}

/// Every server gets its template before an order for it is leased. One that is away keeps nobody from the others. From then on what other
/// workers drop there is noticed.
async fn freeze_template(link: &Inner, fleet: &Fleet, cluster: &ClusterId, wish_again: &Notify) {
    let mut failures = 0;
    while let Err(error) = fleet.freeze_template(cluster).await {
        failures += 1;
        tracing::error!(cluster = %cluster, reason = error.reason(), "the template cannot be frozen; trying again");
        tokio::time::sleep(PAUSES.after(failures, &link.parts.entropy)).await;
    }
    wish_again.notify_one();
    link.beat_now.notify_one();
    loop {
        if let Err(error) = fleet.note_archiving(cluster).await {
            tracing::debug!(cluster = %cluster, reason = error.reason(), "whether its WAL is archived is not known");
        }
        tokio::time::sleep(LOOK_AGAIN).await;
        if let Err(error) = fleet.note_templates(cluster).await {
            tracing::debug!(cluster = %cluster, reason = error.reason(), "the older templates are not known");
        }
    }
}

/// What is seen goes with the next heartbeat.
async fn watch_disk(fleet: &Fleet, cluster: &ClusterId) {
    loop {
        tokio::time::sleep(WATCH).await;
        if let Err(error) = fleet.look_at_disk(cluster).await {
            tracing::debug!(cluster = %cluster, reason = error.reason(), "how its disk keeps up is not known");
        }
    }
}

async fn lease_on_and_on(link: &Arc<Inner>, fleet: &Fleet, lines: &Lines) {
    let mut failures = 0;
    loop {
        let Ok(place) = lines.creating.places.clone().acquire_owned().await else { return };
        let room = Room {
            migrating: lines.migrating.clone().try_acquire_owned().ok(),
            copying: lines.copying.clone().try_acquire_owned().ok(),
            basing: lines.basing.clone().try_acquire_owned().ok(),
            moving: lines.moving.clone().try_acquire_owned().ok(),
        };
        let clusters: Vec<ClusterId> = fleet.frozen().into_keys().collect();
        let leased = tokio::select! {
            // Asked again with one server more, or with room for more: an answer that crosses is not held, so it comes again.
            () = lines.wish_again.notified() => continue,
            leased = link.lease((clusters.clone(), fleet.clusters()), &room), if !clusters.is_empty() => leased,
        };
        match leased {
            Ok(Some(order)) => {
                failures = 0;
                match (&order.task, room.beside(&order.task)) {
                    (Task::CreateTenant { .. }, _) => create(link, fleet, order, place, &lines.creating).await,
                    (_, Some(room)) => beside(link, fleet, order, room, &lines.wish_again),
                    _ => {
                        drop(place);
                        let _ = lines.preparations.send(order).await;
                    }
                }
            }
            Ok(None) => failures = 0,
            Err(error) => {
                failures += 1;
                if failures == 1 {
                    tracing::warn!(error = &error as &dyn std::error::Error, "no orders can be leased");
                }
                drop(place);
                tokio::time::sleep(PAUSES.after(failures, &link.parts.entropy)).await;
            }
        }
    }
}

async fn create(link: &Arc<Inner>, fleet: &Fleet, order: Order, place: OwnedSemaphorePermit, creating: &Creating) {
    let (link, fleet, creating) = (link.clone(), fleet.clone(), creating.clone());
    let making = tokio::spawn(async move {
        link.carry_out(&fleet, order).await;
        creating.made();
        drop(place);
        tokio::spawn(async move {
            // Which databases come next is another question now.
            tokio::time::sleep(QUIET).await;
            link.beat_now.notify_one();
        });
    });
    let _ = tokio::time::timeout(BREATH, making).await;
}

/// Room for orders that go on beside what somebody waits for.
struct Room {
    migrating: Option<OwnedSemaphorePermit>,
    copying: Option<OwnedSemaphorePermit>,
    basing: Option<OwnedSemaphorePermit>,
    moving: Option<OwnedSemaphorePermit>,
}

impl Room {
    /// The room for this order, if it is one that goes on beside.
    fn beside(self, task: &Task) -> Option<OwnedSemaphorePermit> {
        match task {
            Task::MigrateDatabases { .. } | Task::TendTenant { .. } => self.migrating,
            Task::MoveTenant { .. } => self.moving,
            Task::TakeBase { .. } | Task::PruneBases { .. } => self.basing,
            task if is_copy(task) => self.copying,
            _ => None,
        }
    }
}

fn beside(link: &Arc<Inner>, fleet: &Fleet, order: Order, room: OwnedSemaphorePermit, wish_again: &Arc<Notify>) {
    let (link, fleet, wish_again) = (link.clone(), fleet.clone(), wish_again.clone());
    tokio::spawn(async move {
        link.carry_out(&fleet, order).await;
        drop(room);
        wish_again.notify_one();
    });
}

async fn prepare_one_by_one(link: Arc<Inner>, fleet: Fleet, creating: Creating, mut line: mpsc::Receiver<Order>) {
    while let Some(order) = line.recv().await {
        let _ = tokio::time::timeout(STEP_BACK, creating.quiet()).await;
        link.carry_out(&fleet, order).await;
        // Whoever waited for this database takes it now.
        tokio::time::sleep(QUIET).await;
    }
}

/// Keeps doors open to the databases that are given away next.
async fn stand_by(link: Arc<Inner>, fleet: Fleet, creating: Creating) {
    let mut next = link.next.subscribe();
    while next.changed().await.is_ok() {
        let _ = tokio::time::timeout(STEP_BACK, creating.quiet()).await;
        let ready = next.borrow_and_update().clone();
        fleet.stand_by(&ready).await;
        if link.parts.roles.contains(&Role::Serve) {
            link.parts.pools.open_ahead(&ready, statements::ASKED_FIRST).await;
        }
    }
}

/// Tells the control plane what lies on a server: it knows what should. While it is away, no hotel is kept from writing by a move.
async fn take_inventory(link: &Inner, fleet: &Fleet, cluster: &ClusterId) {
    loop {
        tokio::time::sleep(COUNT).await;
        match fleet.inventory(cluster).await {
            Ok(inventory) => {
                if let Err(error) = link.client.inventory(&inventory).await {
                    tracing::debug!(cluster = %cluster, error = &error as &dyn std::error::Error, "an inventory was not heard");
                    reports::take_all_back(fleet, &inventory).await;
                }
            }
            Err(error) => {
                tracing::debug!(cluster = %cluster, reason = error.reason(), "what lies on a server is not known");
            }
        }
    }
}

impl Inner {
    async fn lease(
        &self,
        (clusters, known): (Vec<ClusterId>, Vec<ClusterId>),
        room: &Room,
    ) -> Result<Option<Order>, LinkError> {
        let wait_ms = u64::try_from(WAIT.as_millis()).unwrap_or(u64::MAX);
        let holding = Some(self.holding());
        let (migrating, moving) = (room.migrating.is_some(), room.moving.is_some());
        let (copying, basing) = (room.copying.is_some(), room.basing.is_some());
        let wish = LeaseWish { clusters, known: Some(known), wait_ms, holding, migrating, copying, basing, moving };
        let Some(signed) = self.client.lease(&wish).await? else { return Ok(None) };
        let order: Order = self.verifier.open("order", &signed)?;
        self.take_in_hand(&order);
        Ok(Some(order))
    }
}
