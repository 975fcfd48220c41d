//! `hotelhub-control tenants backup|backups|undo-restore|call-off|drill` and `fleet base-backup|base-backups`: ordered through the API and followed to the end.
use std::io::Write as _;
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};
use uuid::Uuid;

use super::client::{Client, Failure, Reach, find};
use super::shown;
use super::shown::text;
use super::tenants::Whom;
use crate::vendor::escaped;

/// How often what is under way is looked at.
const LOOK: Duration = Duration::from_millis(300);

/// What is called off.
#[derive(Args, Debug)]
pub struct CallingOff {
    /// Whose.
    #[command(flatten)]
    whom: Whom,
    /// The restore's or drill's id; what is under way if nothing is named.
    #[arg(long, conflicts_with = "export")]
    restore: Option<Uuid>,
    /// Instead: the export's id.
    #[arg(long)]
    export: Option<Uuid>,
    /// Says what would be, and changes nothing.
    #[arg(long)]
    dry_run: bool,
}

/// What is asked for, where it is followed, and whether it is only said or not waited for.
pub(super) struct Errand<'a> {
    /// The door below the hotel's own.
    pub(super) door: &'static str,
    /// What it carries.
    pub(super) body: Value,
    /// Where what it makes can be seen.
    pub(super) seen_at: &'static str,
    /// How it is said to eyes.
    pub(super) shown: fn(&Value) -> String,
    /// Says what would be, and changes nothing.
    pub(super) dry_run: bool,
    /// Returns as soon as it is ordered.
    pub(super) detach: bool,
    /// Whose data.
    pub(super) whom: &'a Whom,
}

/// Has it done and follows it to its end; one that failed is a refusal.
pub(super) async fn run(errand: Errand<'_>) -> Result<String, Failure> {
    let (reach, shown, dry_run) = (&errand.whom.reach, errand.shown, errand.dry_run);
    let told = follow(&Client::new(reach)?, errand).await?;
    Ok(if dry_run { would_be(reach, &told, shown) } else { reach.told(&told, shown) })
}

/// Has it done and follows it as far as is wanted; how it stands then.
pub(super) async fn follow(client: &Client, errand: Errand<'_>) -> Result<Value, Failure> {
    let id = find(client, &errand.whom.hotel).await?;
    let dry = if errand.dry_run { "?dry_run=true" } else { "" };
    let begun = client.post(&format!("/api/v1/tenants/{id}/{}{dry}", errand.door), &errand.body).await?;
    if errand.dry_run || errand.detach {
        return Ok(begun);
    }
    followed((&errand.whom.reach, client), &begun, errand.seen_at, errand.shown).await
}

/// Copies a whole cluster and follows it to its end.
pub(super) async fn copy(reach: &Reach, cluster: &str, detach: bool, dry_run: bool) -> Result<String, Failure> {
    let client = Client::new(reach)?;
    let dry = if dry_run { "?dry_run=true" } else { "" };
    let door = format!("/api/v1/clusters/{}/base-backups{dry}", escaped(cluster));
    let begun = client.post(&door, &json!({})).await?;
    if dry_run {
        return Ok(would_be(reach, &begun, shown::base));
    }
    if detach {
        return Ok(reach.told(&begun, shown::base));
    }
    Ok(reach.told(&followed((reach, &client), &begun, "/api/v1/base-backups", shown::base).await?, shown::base))
}

/// A cluster's base backups, the newest first.
pub(super) async fn copies(reach: &Reach, cluster: &str) -> Result<String, Failure> {
    let client = Client::new(reach)?;
    let page = client.get(&format!("/api/v1/clusters/{}/base-backups", escaped(cluster))).await?;
    let found = page.get("items").cloned().unwrap_or(Value::Array(Vec::new()));
    Ok(reach.told(&found, |found| shown::bases(found.as_array().map_or(&[][..], Vec::as_slice))))
}

fn would_be(reach: &Reach, begun: &Value, shown: fn(&Value) -> String) -> String {
    reach.told(begun, |begun| format!("would be: {}\nNothing was changed.", shown(begun)))
}

/// Follows what is begun to its end, where it is seen at, and says to eyes each time that it is further; one that failed is a refusal.
async fn followed(
    (reach, client): (&Reach, &Client),
    begun: &Value,
    seen_at: &str,
    shown: fn(&Value) -> String,
) -> Result<Value, Failure> {
    let mut said = String::new();
    let mut say = |now: &Value| {
        let line = shown(now);
        if !reach.json && text(now, "state") == "ordered" && line != said {
            let _ = writeln!(std::io::stderr(), "{line}");
            said = line;
        }
    };
    say(begun);
    until(client, &format!("{seen_at}/{}", text(begun, "id")), say).await
}

/// Waits until what is at a place is not under way any more; what failed is a refusal.
pub(super) async fn until_over(client: &Client, place: &str) -> Result<Value, Failure> {
    until(client, place, |_| {}).await
}

/// The same, and tells each time how far it is.
pub(super) async fn until(client: &Client, place: &str, mut say: impl FnMut(&Value)) -> Result<Value, Failure> {
    loop {
        let now = client.get(place).await?;
        say(&now);
        match text(&now, "state").as_str() {
            "ordered" => tokio::time::sleep(LOOK).await,
            "failed" => return Err(Failure::Refused { code: "failed".to_owned(), detail: text(&now, "error") }),
            _ => return Ok(now),
        }
    }
}

/// A hotel's backups, the newest first.
pub(super) async fn list(whom: &Whom) -> Result<String, Failure> {
    let client = Client::new(&whom.reach)?;
    let id = find(&client, &whom.hotel).await?;
    let page = client.get(&format!("/api/v1/tenants/{id}/backups")).await?;
    let found = page.get("items").cloned().unwrap_or(Value::Array(Vec::new()));
    Ok(whom.reach.told(&found, |found| shown::backups(found.as_array().map_or(&[][..], Vec::as_slice))))
}

/// Undoes the latest restore of a hotel that can be undone, or this one.
pub(super) async fn undo(whom: &Whom, restore: Option<Uuid>, dry_run: bool) -> Result<String, Failure> {
    let client = Client::new(&whom.reach)?;
    let restore = match restore {
        Some(restore) => restore.to_string(),
        None => latest_undoable(&client, whom).await?,
    };
    let dry = if dry_run { "?dry_run=true" } else { "" };
    let undone = client.post(&format!("/api/v1/restores/{restore}/undo{dry}"), &json!({})).await?;
    Ok(whom.reach.told(&undone, |undone| {
        let said = shown::restore(undone);
        if dry_run { format!("would be: {said}\nNothing was changed.") } else { said }
    }))
}

async fn latest_undoable(client: &Client, whom: &Whom) -> Result<String, Failure> {
    let id = find(client, &whom.hotel).await?;
    let page = client.get(&format!("/api/v1/tenants/{id}/restores")).await?;
    let mut found = page.get("items").and_then(Value::as_array).into_iter().flatten();
    let latest = found.find(|restore| !text(restore, "undo_until").is_empty());
    let none = || Failure::NotFound(format!("no restore of {} can be undone", whom.hotel));
    latest.map(|restore| text(restore, "id")).ok_or_else(none)
}

/// Calls off what is named, or what is under way.
pub(super) async fn call_off(wish: &CallingOff) -> Result<String, Failure> {
    let CallingOff { whom, restore, export, dry_run } = wish;
    let client = Client::new(&whom.reach)?;
    let place = match (restore, export) {
        (Some(restore), _) => format!("/api/v1/restores/{restore}"),
        (None, Some(export)) => format!("/api/v1/exports/{export}"),
        (None, None) => under_way(&client, whom).await?,
    };
    let dry = if *dry_run { "?dry_run=true" } else { "" };
    let over = client.post(&format!("{place}/call-off{dry}"), &json!({})).await?;
    let shown: fn(&Value) -> String = if place.contains("/exports/") { shown::export } else { shown::restore };
    Ok(if *dry_run { would_be(&whom.reach, &over, shown) } else { whom.reach.told(&over, shown) })
}

async fn under_way(client: &Client, whom: &Whom) -> Result<String, Failure> {
    let id = find(client, &whom.hotel).await?;
    for of in ["restores", "exports"] {
        let page = client.get(&format!("/api/v1/tenants/{id}/{of}")).await?;
        let mut found = page.get("items").and_then(Value::as_array).into_iter().flatten();
        if let Some(one) = found.find(|one| text(one, "state") == "ordered") {
            return Ok(format!("/api/v1/{of}/{}", text(one, "id")));
        }
    }
    Err(Failure::NotFound(format!("nothing of {} is under way", whom.hotel)))
}
