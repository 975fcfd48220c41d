//! `hotelhub-control tenants move` and `fleet drain`: ordered through the API and followed to the end.
use std::io::Write as _;
use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::client::{Client, Failure, Reach, find};
use super::shown::text;
use super::tenants::Whom;
use crate::vendor::escaped;

/// How often what is under way is looked at.
const LOOK: Duration = Duration::from_millis(300);

/// Moves a hotel and follows it until it lives at its new place, on the cluster where it is if none is named; one that was given up is a
/// refusal.
pub(super) async fn run(whom: &Whom, to: Option<&str>, detach: bool, dry_run: bool) -> Result<String, Failure> {
    let (reach, client) = (&whom.reach, Client::new(&whom.reach)?);
    let id = find(&client, &whom.hotel).await?;
    let to = match to {
        Some(to) => to.to_owned(),
        None => home(&client, &id).await?,
    };
    let dry = if dry_run { "?dry_run=true" } else { "" };
    let begun = client.post(&format!("/api/v1/tenants/{id}/moves{dry}"), &json!({ "to": to })).await?;
    if dry_run {
        return Ok(reach.told(&begun, |begun| format!("would be: {}\nNothing was changed.", shown(begun))));
    }
    if detach {
        return Ok(reach.told(&begun, shown));
    }
    let place = format!("/api/v1/moves/{}", text(&begun, "id"));
    let moved =
        follow(reach, &client, &place, shown, |now| !matches!(text(now, "state").as_str(), "done" | "given_up"));
    let moved = moved.await?;
    if text(&moved, "state") == "given_up" {
        return Err(Failure::Refused { code: "given-up".to_owned(), detail: text(&moved, "reason") });
    }
    Ok(reach.told(&moved, shown))
}

/// The cluster on which a hotel lies; none for one that has no database, of which the control plane says more.
async fn home(client: &Client, id: &Uuid) -> Result<String, Failure> {
    let hotel = client.get(&format!("/api/v1/tenants/{id}")).await?;
    Ok(hotel.get("database").map(|database| text(database, "cluster")).unwrap_or_default())
}

/// Gives the move of a hotel up that is under way.
pub(super) async fn give_up(whom: &Whom, dry_run: bool) -> Result<String, Failure> {
    let (reach, client) = (&whom.reach, Client::new(&whom.reach)?);
    let id = find(&client, &whom.hotel).await?;
    let page = client.get(&format!("/api/v1/tenants/{id}/moves")).await?;
    let latest = page.get("items").and_then(Value::as_array).and_then(|found| found.first());
    let none = || Failure::NotFound(format!("{} has never been moved", whom.hotel));
    let latest = latest.map(|found| text(found, "id")).ok_or_else(none)?;
    let dry = if dry_run { "?dry_run=true" } else { "" };
    let given_up = client.post(&format!("/api/v1/moves/{latest}/give-up{dry}"), &json!({})).await?;
    Ok(reach.told(&given_up, |given_up| {
        let said = shown(given_up);
        if dry_run { format!("would be: {said}\nNothing was changed.") } else { said }
    }))
}

/// Has a cluster emptied and follows it until no hotel lives there and nobody's move needs it; one that stands still is a refusal.
pub(super) async fn drain(reach: &Reach, cluster: &str, detach: bool, dry_run: bool) -> Result<String, Failure> {
    let client = Client::new(reach)?;
    let before = one(&client, cluster).await?;
    if dry_run {
        let said = format!("would move {} hotels away from {cluster}\nNothing was changed.", text(&before, "hotels"));
        return Ok(reach.told(&before, |_| said));
    }
    client.post(&format!("/api/v1/clusters/{}/drain", escaped(cluster)), &json!({})).await?;
    let mut said = String::new();
    loop {
        let now = one(&client, cluster).await?;
        let because = text(&now, "drain_halted_because");
        if !because.is_empty() && !detach {
            return Err(Failure::Refused { code: "halted".to_owned(), detail: because });
        }
        let is_empty = ["hotels", "leaving"].iter().all(|count| text(&now, count) == "0");
        if detach || is_empty || text(&now, "state") != "draining" {
            return Ok(reach.told(&now, drained));
        }
        say(reach, &mut said, drained(&now));
        tokio::time::sleep(LOOK).await;
    }
}

async fn one(client: &Client, cluster: &str) -> Result<Value, Failure> {
    let page = client.get("/api/v1/clusters").await?;
    let mut found = page.get("items").and_then(Value::as_array).into_iter().flatten();
    let one = found.find(|known| text(known, "id") == cluster).cloned();
    one.ok_or_else(|| Failure::NotFound(format!("there is no cluster {cluster}")))
}

async fn follow(
    reach: &Reach,
    client: &Client,
    place: &str,
    shown: fn(&Value) -> String,
    goes_on: impl Fn(&Value) -> bool,
) -> Result<Value, Failure> {
    let mut said = String::new();
    loop {
        let now = client.get(place).await?;
        if !goes_on(&now) {
            return Ok(now);
        }
        say(reach, &mut said, shown(&now));
        tokio::time::sleep(LOOK).await;
    }
}

/// Says to eyes what has changed since it was said last.
fn say(reach: &Reach, said: &mut String, now: String) {
    if now != *said && !reach.json {
        let _ = writeln!(std::io::stderr(), "{now}");
        *said = now;
    }
}

/// How a move stands, in one line.
fn shown(moved: &Value) -> String {
    let [slug, from, to, state, rows, held, bytes, reason, trouble] =
        ["slug", "from", "to", "state", "rows", "held_ms", "bytes", "reason", "trouble"].map(|name| text(moved, name));
    let so_far = match state.as_str() {
        "done" | "clearing" => format!("; {rows} rows compared, writers held for {held} ms"),
        "switching" => format!("; {bytes} bytes are copied"),
        "undoing" | "given_up" => format!(": {reason}"),
        _ => String::new(),
    };
    let trouble = if trouble.is_empty() { String::new() } else { format!("; last: {trouble}") };
    format!("{slug} from {from} to {to}: {state}{so_far}{trouble}")
}

/// How far a cluster is emptied, in one line.
fn drained(cluster: &Value) -> String {
    let [id, state, hotels, leaving, because] =
        ["id", "state", "hotels", "leaving", "drain_halted_because"].map(|name| text(cluster, name));
    let why = if because.is_empty() { String::new() } else { format!(": {because}") };
    format!("{id}: {state}{why}; {hotels} hotels left, {leaving} on their way")
}
