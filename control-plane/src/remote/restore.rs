//! `hotelhub-control tenants restore`: a backup brought back through the API and followed to the end.
use clap::Args;
use serde_json::json;
use uuid::Uuid;

use super::backups::{self, Errand};
use super::client::Failure;
use super::shown;
use super::tenants::Whom;

/// Which backup is restored, and into what.
#[derive(Args, Debug)]
#[group(skip)]
pub struct Restoring {
    /// Whose backup.
    #[command(flatten)]
    whom: Whom,
    /// The backup's id, as `backups` lists it; the newest good one if absent.
    #[arg(long)]
    backup: Option<Uuid>,
    /// Instead: the instant it is to be as it was at, 2026-07-03T14:05:00+07:00. It is made out of a base backup of the hotel's cluster
    /// and the WAL since; no other hotel is touched.
    #[arg(long, conflicts_with = "backup")]
    at: Option<jiff::Timestamp>,
    /// The hotel's name in its address once more: its data are replaced.
    #[arg(long, required_unless_present = "copy_as", conflicts_with = "copy_as")]
    confirm: Option<String>,
    /// Instead: the name of a new hotel that is to be a copy.
    #[arg(long, value_name = "NAME")]
    copy_as: Option<String>,
    /// The cluster it is restored onto; the hotel's own if absent.
    #[arg(long, value_name = "CLUSTER")]
    onto: Option<String>,
    /// With --at: the timeline of the cluster's server on which the instant lies, where the server went two ways.
    #[arg(long, requires = "at")]
    timeline: Option<u32>,
    /// With --at: the cluster's server is not asked, for it is dead or was made anew: what lies in the store is all there is of it.
    #[arg(long, requires = "at")]
    store_alone: bool,
    /// Returns as soon as it is ordered.
    #[arg(long)]
    detach: bool,
    /// Says what would be, and changes nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Has it restored and follows it to its end; one that failed is a refusal.
pub(super) async fn restore(wish: &Restoring) -> Result<String, Failure> {
    let Restoring { whom, backup, at, confirm, copy_as, onto, timeline, store_alone, .. } = wish;
    let body = json!({
        "backup": backup, "at": at, "slug": confirm, "copy_as": copy_as, "onto": onto, "timeline": timeline,
        "store_alone": store_alone,
    });
    let (seen_at, shown) = ("/api/v1/restores", shown::restore);
    let (detach, dry_run) = (wish.detach, wish.dry_run);
    backups::run(Errand { door: "restores", body, seen_at, shown, dry_run, detach, whom }).await
}
