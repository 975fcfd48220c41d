//! `hotelhub-control tenants …`: hotels looked after from the command line.
use std::path::PathBuf;

use clap::{Args, Subcommand};
use hotelhub_protocol::Chore;
use serde_json::{Value, json};
use uuid::Uuid;

use super::backups::{CallingOff, Errand};
use super::chores::Meant;
use super::client::{Client, Failure, Reach, find};
use super::create::{self, NewHotel};
use super::exports::{Overrides, Sealed};
use super::restore::{self, Restoring};
use super::{EXIT_CODES, UNWELL, backups, chores, exports, moves, shown};
use crate::vendor::escaped;

/// Hotels, looked after through the API of a running control plane.
#[derive(Subcommand, Debug)]
#[command(after_help = EXIT_CODES)]
pub enum Tenants {
    /// Lists hotels, the newest first.
    List {
        /// How the control plane is reached.
        #[command(flatten)]
        reach: Reach,
        /// trial, active, suspended or churned.
        #[arg(long)]
        status: Option<String>,
        /// Part of a name, an address or an owner's mail address.
        #[arg(long)]
        search: Option<String>,
    },
    /// Signs a hotel up as its owner would, and waits until it is served. The owner gets the welcome letter with the link to get in.
    #[command(after_help = EXIT_CODES)]
    Create(NewHotel),
    /// Shows all the vendor knows of a hotel.
    #[command(after_help = EXIT_CODES)]
    Show {
        /// Which.
        #[command(flatten)]
        whom: Whom,
    },
    /// Stops new business: guests who are promised a room are served as usual, new bookings and changes of rates are refused.
    #[command(after_help = EXIT_CODES)]
    Suspend {
        /// Which.
        #[command(flatten)]
        whom: Whom,
        /// Why; the hotel's people read it.
        #[arg(long)]
        reason: String,
        /// Says what would be, and changes nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Ends a suspension.
    #[command(after_help = EXIT_CODES)]
    Resume {
        /// Which.
        #[command(flatten)]
        whom: Whom,
        /// Says what would be, and changes nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Closes a hotel for a while, or opens it again: whoever comes is told why and until when, its jobs wait.
    #[command(after_help = EXIT_CODES)]
    Maintenance {
        /// Which.
        #[command(flatten)]
        whom: Whom,
        /// Why; whoever comes meanwhile reads it.
        #[arg(long, required_unless_present = "off", conflicts_with = "off")]
        text: Option<String>,
        /// When it is expected to end, 2026-07-03T11:30:00+07:00; it ends by --off.
        #[arg(long, conflicts_with = "off")]
        until: Option<jiff::Timestamp>,
        /// Opens it again.
        #[arg(long)]
        off: bool,
        /// Says what would be, and changes nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Deletes a hotel: nobody is served from now on. Until its days of grace are over `undelete` brings it back; then its database is
    /// dropped and its name is free.
    #[command(after_help = EXIT_CODES)]
    Delete {
        /// Which.
        #[command(flatten)]
        whom: Whom,
        /// Why.
        #[arg(long)]
        reason: String,
        /// The hotel's name in its address once more, so that nobody deletes another by mistake.
        #[arg(long)]
        confirm: String,
        /// Says what would be, and changes nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Brings a deleted hotel back as it was.
    #[command(after_help = EXIT_CODES)]
    Undelete {
        /// Which.
        #[command(flatten)]
        whom: Whom,
        /// Says what would be, and changes nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Backs a hotel up now, and waits until the backup is whole. Each hotel is backed up every night besides.
    #[command(after_help = EXIT_CODES)]
    Backup {
        /// Which.
        #[command(flatten)]
        whom: Whom,
        /// Returns as soon as it is ordered.
        #[arg(long)]
        detach: bool,
        /// Says what would be, and changes nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Lists a hotel's backups, the newest first.
    #[command(after_help = EXIT_CODES)]
    Backups {
        /// Whose.
        #[command(flatten)]
        whom: Whom,
    },
    /// Restores a backup: in the hotel's place, which is closed meanwhile, or as a new hotel. What it replaces is kept for the days of
    /// grace: until then `undo-restore` brings it back.
    #[command(after_help = EXIT_CODES)]
    Restore(Restoring),
    /// Gives a hotel back what a restore had replaced. What was written since is set aside in its turn.
    #[command(after_help = EXIT_CODES)]
    UndoRestore {
        /// Which.
        #[command(flatten)]
        whom: Whom,
        /// The restore's id; the latest that can be undone if absent.
        #[arg(long)]
        restore: Option<Uuid>,
        /// Says what would be, and changes nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Calls off a restore, a drill or an export that is under way: the hotel stays as it is, and what was made for it goes.
    #[command(after_help = EXIT_CODES)]
    CallOff(CallingOff),
    /// Moves a hotel to another cluster while it is served, and follows until it lives there. Its writers wait for a moment at the end.
    #[command(after_help = EXIT_CODES)]
    Move {
        /// Which.
        #[command(flatten)]
        whom: Whom,
        /// The cluster's name.
        #[arg(long, value_name = "CLUSTER", required_unless_present = "give_up", conflicts_with = "give_up")]
        to: Option<String>,
        /// Instead: gives the move up that is under way; the hotel stays where it is served from.
        #[arg(long)]
        give_up: bool,
        /// Returns as soon as it is ordered.
        #[arg(long)]
        detach: bool,
        /// Says what would be, and changes nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Moves a hotel that shares a database into one of its own while it is served: on the same cluster unless another is named.
    #[command(after_help = EXIT_CODES)]
    Promote {
        /// Which.
        #[command(flatten)]
        whom: Whom,
        /// The cluster's name.
        #[arg(long, value_name = "CLUSTER")]
        to: Option<String>,
        /// Returns as soon as it is ordered.
        #[arg(long)]
        detach: bool,
        /// Says what would be, and changes nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Exports all of a hotel's data into one ZIP of open tables, and fetches it. It can be fetched for seven days.
    #[command(after_help = EXIT_CODES)]
    Export {
        /// Which.
        #[command(flatten)]
        whom: Whom,
        /// The new file; without it nothing is fetched.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// What it is sealed with.
        #[command(flatten)]
        sealed: Sealed,
        /// Returns as soon as it is ordered.
        #[arg(long)]
        detach: bool,
        /// Says what would be, and changes nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Takes an exported hotel in as a new one: all of its data or nothing. Its people set new passwords by "forgot password".
    #[command(after_help = EXIT_CODES)]
    Import {
        /// The exported file.
        file: PathBuf,
        /// How the control plane is reached.
        #[command(flatten)]
        reach: Reach,
        /// What it is to be.
        #[command(flatten)]
        wanted: Overrides,
        /// What it was sealed with.
        #[command(flatten)]
        sealed: Sealed,
        /// Returns as soon as the file is sent.
        #[arg(long)]
        detach: bool,
        /// Looks through it, says what would come in, and changes nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Has named work done at hotels' databases while they are served: `check` looks for what must not be, the rest keeps tables quick.
    #[command(after_help = UNWELL)]
    Run {
        /// Whose databases.
        #[command(flatten)]
        meant: Meant,
        /// How the control plane is reached.
        #[command(flatten)]
        reach: Reach,
        /// Returns as soon as it is ordered.
        #[arg(long)]
        detach: bool,
        /// Says which hotels are meant, and has nothing done.
        #[arg(long)]
        dry_run: bool,
        /// `check`, `analyze`, `vacuum` or `reindex`, behind `--`.
        #[arg(last = true, required = true, value_parser = chores::chore)]
        command: Chore,
    },
    /// Restores a hotel's backup beside it, compares every row, drops it again, and tells how long that took.
    #[command(after_help = EXIT_CODES)]
    Drill {
        /// Whose backup.
        #[command(flatten)]
        whom: Whom,
        /// The backup's id; the newest good one if absent.
        #[arg(long)]
        backup: Option<Uuid>,
        /// Returns as soon as it is ordered.
        #[arg(long)]
        detach: bool,
        /// Says what would be, and changes nothing.
        #[arg(long)]
        dry_run: bool,
    },
}

/// One hotel, and how the control plane is reached.
#[derive(Args, Debug)]
#[group(skip)]
pub struct Whom {
    /// The hotel's name in its address, or its id.
    pub(super) hotel: String,
    #[command(flatten)]
    pub(super) reach: Reach,
}

/// A change: its door, what it carries, and whether it is only said.
struct Wish {
    door: &'static str,
    body: Value,
    dry_run: bool,
}

/// Does what was asked and says how it went.
pub async fn tenants(asked: Tenants) -> Result<String, Failure> {
    let (whom, wish) = match asked {
        Tenants::List { reach, status, search } => return list(&reach, status, search).await,
        Tenants::Create(wish) => return create::create(&wish).await,
        Tenants::Show { whom } => return show(&whom).await,
        Tenants::Suspend { whom, reason, dry_run } => {
            (whom, Wish { door: "suspend", body: json!({ "reason": reason }), dry_run })
        }
        Tenants::Resume { whom, dry_run } => (whom, Wish { door: "resume", body: json!({}), dry_run }),
        Tenants::Maintenance { whom, off: true, dry_run, .. } => {
            (whom, Wish { door: "maintenance/end", body: json!({}), dry_run })
        }
        Tenants::Maintenance { whom, text, until, off: false, dry_run } => {
            (whom, Wish { door: "maintenance", body: json!({ "text": text, "until": until }), dry_run })
        }
        Tenants::Delete { whom, reason, confirm, dry_run } => {
            (whom, Wish { door: "delete", body: json!({ "reason": reason, "slug": confirm }), dry_run })
        }
        Tenants::Undelete { whom, dry_run } => (whom, Wish { door: "undelete", body: json!({}), dry_run }),
        Tenants::Backups { whom } => return backups::list(&whom).await,
        Tenants::UndoRestore { whom, restore, dry_run } => return backups::undo(&whom, restore, dry_run).await,
        Tenants::CallOff(wish) => return backups::call_off(&wish).await,
        Tenants::Move { whom, to: Some(to), detach, dry_run, .. } => {
            return moves::run(&whom, Some(&to), detach, dry_run).await;
        }
        Tenants::Promote { whom, to, detach, dry_run } => {
            return moves::run(&whom, to.as_deref(), detach, dry_run).await;
        }
        Tenants::Move { whom, dry_run, .. } => return moves::give_up(&whom, dry_run).await,
        Tenants::Backup { whom, detach, dry_run } => {
            let (body, seen_at, shown) = (json!({}), "/api/v1/backups", shown::backup);
            return backups::run(Errand { door: "backups", body, seen_at, shown, dry_run, detach, whom: &whom }).await;
        }
        Tenants::Restore(wish) => return restore::restore(&wish).await,
        Tenants::Export { whom, out, sealed, detach, dry_run } => {
            return exports::export(&whom, out.as_deref(), &sealed, (detach, dry_run)).await;
        }
        Tenants::Import { file, reach, wanted, sealed, detach, dry_run } => {
            return exports::import(&reach, &file, (&wanted, &sealed), (detach, dry_run)).await;
        }
        Tenants::Run { meant, reach, detach, dry_run, command } => {
            return chores::run(&reach, (&meant, command), (detach, dry_run)).await;
        }
        Tenants::Drill { whom, backup, detach, dry_run } => {
            let body = json!({ "backup": backup });
            let (seen_at, shown) = ("/api/v1/restores", shown::restore);
            return backups::run(Errand { door: "drills", body, seen_at, shown, dry_run, detach, whom: &whom }).await;
        }
    };
    change(&whom, &wish).await
}

async fn list(reach: &Reach, status: Option<String>, search: Option<String>) -> Result<String, Failure> {
    let client = Client::new(reach)?;
    let asked = [("status", status), ("q", search)];
    let query: String =
        asked.iter().filter_map(|(name, value)| Some(format!("&{name}={}", escaped(value.as_ref()?)))).collect();
    let mut found: Vec<Value> = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = client.get(&format!("/api/v1/tenants?limit=200{query}{cursor}")).await?;
        found.extend(page.get("items").and_then(Value::as_array).into_iter().flatten().cloned());
        match page.get("next").and_then(Value::as_str) {
            Some(next) => cursor = format!("&cursor={}", escaped(next)),
            None => break,
        }
    }
    Ok(if reach.json { Value::Array(found).to_string() } else { shown::table(&found) })
}

async fn show(whom: &Whom) -> Result<String, Failure> {
    let client = Client::new(&whom.reach)?;
    let tenant = client.get(&format!("/api/v1/tenants/{}", find(&client, &whom.hotel).await?)).await?;
    Ok(whom.reach.told(&tenant, shown::sheet))
}

async fn change(whom: &Whom, wish: &Wish) -> Result<String, Failure> {
    let client = Client::new(&whom.reach)?;
    let id = find(&client, &whom.hotel).await?;
    let dry = if wish.dry_run { "?dry_run=true" } else { "" };
    let tenant = client.post(&format!("/api/v1/tenants/{id}/{}{dry}", wish.door), &wish.body).await?;
    Ok(whom.reach.told(&tenant, |tenant| {
        let said = shown::state(tenant);
        if wish.dry_run { format!("would be: {said}\nNothing was changed.") } else { said }
    }))
}
