//! `hotelhub-control tenants run`: a chore done at hotels' databases, and followed until every hotel is through.
use std::io::Write as _;

use clap::Args;
use hotelhub_protocol::Chore;
use serde_json::{Value, json};

use super::backups::until;
use super::client::{Client, Failure, Reach};
use super::shown::{self, text};

/// Whose databases.
#[derive(Args, Debug)]
#[group(id = "meant", required = true, multiple = false)]
pub struct Meant {
    /// This hotel, by slug.
    slug: Option<String>,
    /// Every hotel.
    #[arg(long)]
    all: bool,
    /// Every hotel of this plan.
    #[arg(long)]
    plan: Option<String>,
}

/// Reads the name of a chore.
pub(super) fn chore(text: &str) -> Result<Chore, String> {
    Chore::read(text).ok_or_else(|| format!("it is one of {}", Chore::ALL.map(Chore::as_str).join(", ")))
}

/// Has it done; a hotel at which it failed, or in which something was found, is told and makes it end unwell.
pub(super) async fn run(
    reach: &Reach,
    (meant, chore): (&Meant, Chore),
    (detach, dry_run): (bool, bool),
) -> Result<String, Failure> {
    let client = Client::new(reach)?;
    let wish = json!({
        "chore": chore, "tenants": meant.slug.as_ref().map(|slug| [slug]), "plan": meant.plan, "all": meant.all,
    });
    let dry = if dry_run { "?dry_run=true" } else { "" };
    let begun = client.post(&format!("/api/v1/chores{dry}"), &wish).await?;
    if dry_run {
        return Ok(reach.told(&begun, |begun| format!("would be: {}\nNothing was changed.", shown::chore(begun))));
    }
    if detach {
        return Ok(reach.told(&begun, shown::chore));
    }
    let (place, mut said) = (format!("/api/v1/chores/{}", text(&begun, "id")), String::new());
    let over = until(&client, &place, |now| {
        if !reach.json {
            say_how_far(now, &mut said);
        }
    })
    .await?;
    let told = reach.told(&over, shown::chore);
    let is_well = ["failed", "found"].iter().all(|member| over.get(member).and_then(Value::as_u64) == Some(0));
    if is_well { Ok(told) } else { Err(Failure::Unwell(told)) }
}

/// On the error line, where it is in nobody's way; nothing where it was said.
fn say_how_far(now: &Value, said: &mut String) {
    let of = now.get("tenants").and_then(Value::as_array).map_or(0, Vec::len);
    let how_far = format!("{} of {of} hotels are through", text(now, "through"));
    if *said != how_far {
        let _ = writeln!(std::io::stderr(), "{how_far}");
        *said = how_far;
    }
}
