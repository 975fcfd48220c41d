//! The heartbeat: says how the node is, hears which shares to live by.
use std::fs;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use hotelhub_kernel::Backoff;
use hotelhub_protocol::{ClusterLoad, Heartbeat, Role, Share, Usage};

use super::{Inner, LinkError};

const PAUSES: Backoff = Backoff { base: Duration::from_millis(500), ceiling: Duration::from_secs(30) };
/// After so many beats that nobody heard it is said by what a node lives that never was granted a share.
const LONELY: u32 = 3;
const SOONEST: Duration = Duration::from_millis(100);
const LATEST: Duration = Duration::from_secs(60);

impl Inner {
    /// Beats for ever; at once when something changed that the control plane waits for.
    pub(super) async fn beat(self: &Arc<Self>) {
        let mut failures = 0;
        loop {
            let pause = match self.beat_once().await {
                Ok(pause) => {
                    failures = 0;
                    pause
                }
                Err(error) => {
                    failures += 1;
                    if failures == LONELY {
                        self.tell_of_loneliness();
                    }
                    tracing::debug!(error = &error as &dyn std::error::Error, "a heartbeat was not heard");
                    PAUSES.after(failures, &self.parts.entropy)
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.beat_now.notified() => {}
            }
        }
    }

    /// One beat; how long to wait for the next.
    async fn beat_once(self: &Arc<Self>) -> Result<Duration, LinkError> {
        let beat = self.heartbeat();
        let answer = self.client.heartbeat(&beat).await?;
        if let Some(start) = answer.start {
            // Only the next beat counts. A start that is numbered again and again is one of two processes with one name: they do not race.
            return Ok(if self.numbers.begin(start) { SOONEST } else { Duration::ZERO });
        }
        if let Some(leases) = &answer.leases {
            self.mind(&beat.copying, leases);
        }
        if answer.shares != self.shares() {
            self.live_by(&answer.shares);
        }
        self.keep_shares(answer.shares).await;
        self.next.send_replace(answer.next);
        Ok(Duration::from_millis(answer.again_in_ms).clamp(SOONEST, LATEST))
    }

    /// Writes down what is lived by where something else lies on disk; with the next beat again where that fails.
    async fn keep_shares(self: &Arc<Self>, shares: Vec<Share>) {
        if *self.shares_on_disk() == shares {
            return;
        }
        let to_write = shares.clone();
        if self.keep(move |inner| inner.shelf.keep_shares(&to_write)).await.is_some() {
            *self.shares_on_disk() = shares;
        }
    }

    pub(super) fn heartbeat(&self) -> Heartbeat {
        let parts = &self.parts;
        Heartbeat {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            roles: parts.roles.clone(),
            started_at: self.started_at,
            routes_version: parts.directory.version(),
            requests_total: parts.metrics.answered_total(),
            resident_bytes: resident_bytes(),
            usage: self.usage(),
            clusters: self.as_on_disk(self.steadied(self.load())),
            copying: self.copying(),
            number: Some(self.numbers.next()),
        }
    }

    fn usage(&self) -> Usage {
        let parts = &self.parts;
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let (open, lent) = parts.pools.in_use();
        Usage {
            hotels_known: count(parts.directory.count()),
            hotels_open: count(open),
            connections_lent: count(lent),
            hotels_waiting: count(parts.tally.pending()),
            jobs_failed: count(parts.tally.failed()),
        }
    }

    /// What lies on disk is held too: after a restart that hears nobody it is lived by again.
    fn as_on_disk(&self, mut load: Vec<ClusterLoad>) -> Vec<ClusterLoad> {
        let on_disk = self.shares_on_disk();
        for share in load.iter_mut().flat_map(|load| &mut load.holding) {
            let same = |kept: &&Share| kept.cluster == share.cluster && kept.role == share.role;
            let kept = on_disk.iter().find(same).map_or(0, |kept| kept.connections);
            share.connections = share.connections.max(kept);
        }
        load
    }

    /// What is wanted falls by an eighth a beat at most: who was busy a moment ago may be so again, and shares that go to and fro serve
    /// nobody.
    fn steadied(&self, mut load: Vec<ClusterLoad>) -> Vec<ClusterLoad> {
        let mut before = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        for share in load.iter_mut().flat_map(|load| &mut load.wanted) {
            let known = before.iter().find(|known| known.cluster == share.cluster && known.role == share.role);
            let least = known.map_or(0, |known| known.connections - known.connections.div_ceil(8));
            share.connections = share.connections.max(least);
        }
        *before = load.iter().flat_map(|load| load.wanted.clone()).collect();
        load
    }

    /// The pools' own account, and what the fleet role adds to it: its share, its templates and what it saw of the disk.
    fn load(&self) -> Vec<ClusterLoad> {
        let mut load = self.parts.pools.load();
        let Some(fleet) = &self.parts.fleet else { return load };
        let shares = self.shares();
        let frozen = fleet.frozen();
        for cluster in fleet.clusters() {
            let of_fleet = |share: &&Share| share.cluster == cluster && share.role == Role::Fleet;
            let open = fleet.open(&cluster);
            let holding = |share: &Share| Share { connections: share.connections.max(open), ..share.clone() };
            let share = shares.iter().find(of_fleet).map(holding);
            let wanted = share.clone().map(|share| Share { connections: fleet.wanted(&cluster), ..share });
            let old_templates = frozen.get(&cluster).cloned();
            let template = old_templates.is_some().then(|| fleet.version().to_owned());
            let old_templates = old_templates.unwrap_or_default();
            let disk = fleet.disk(&cluster);
            let (keeps_backups, archives_wal) = (fleet.keeps_backups(), fleet.archives_wal(&cluster));
            match load.iter_mut().find(|known| known.cluster == cluster) {
                Some(known) => {
                    known.open += open;
                    known.holding.extend(share);
                    known.wanted.extend(wanted);
                    (known.template, known.old_templates, known.disk) = (template, old_templates, disk);
                    (known.keeps_backups, known.archives_wal) = (keeps_backups, archives_wal);
                }
                None => {
                    let (holding, wanted) = (share.into_iter().collect(), wanted.into_iter().collect());
                    let load_of = ClusterLoad {
                        cluster,
                        open,
                        holding,
                        wanted,
                        template,
                        old_templates,
                        keeps_backups,
                        archives_wal,
                        disk,
                    };
                    load.push(load_of);
                }
            }
        }
        load
    }
}

/// Resident memory as Linux counts it; 0 elsewhere.
fn resident_bytes() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|text| text.split_whitespace().nth(1)?.parse::<u64>().ok());
    pages.unwrap_or(0) * 4096
}
