//! `hotelhub-control tenants create`: a hotel signed up through the API and followed until it is served.
use std::io::Write as _;
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use super::client::{Client, Failure, Reach};
use super::shown;
use super::shown::text;
use crate::cli::placed_in;
use crate::plans::PlacedIn;

/// How often a hotel that is being made is looked at.
const LOOK: Duration = Duration::from_millis(300);

/// What a hotel is to be, and where it is to lie.
#[derive(Args, Debug)]
#[group(skip)]
pub struct NewHotel {
    /// Its name in its address.
    slug: String,
    /// The hotel's name.
    #[arg(long)]
    name: String,
    /// The owner's name.
    #[arg(long)]
    owner: String,
    /// The owner's mail address: the welcome letter goes there.
    #[arg(long)]
    email: String,
    /// The owner's telephone number.
    #[arg(long)]
    phone: String,
    /// How many rooms it has.
    #[arg(long)]
    rooms: u32,
    /// Its plan; the smallest that covers its rooms if absent.
    #[arg(long)]
    plan: Option<String>,
    /// Asia/Jakarta, Asia/Makassar or Asia/Jayapura.
    #[arg(long, default_value = "Asia/Jakarta")]
    time_zone: String,
    /// The language of the welcome letter.
    #[arg(long, default_value = "id", value_parser = ["id", "en"])]
    lang: String,
    /// `database`: one of its own. `schema`: a schema in a database that others share. What its plan says if absent.
    #[arg(long = "in", value_parser = placed_in)]
    placed_in: Option<PlacedIn>,
    /// The cluster it comes to; the one that is right for it if absent.
    #[arg(long = "on", value_name = "CLUSTER")]
    cluster: Option<String>,
    #[command(flatten)]
    reach: Reach,
    /// Returns as soon as it is ordered.
    #[arg(long)]
    detach: bool,
    /// Says what would be, and changes nothing.
    #[arg(long)]
    dry_run: bool,
}

impl NewHotel {
    fn body(&self) -> Value {
        json!({
            "slug": self.slug, "hotel": self.name, "owner": self.owner, "email": self.email, "phone": self.phone,
            "rooms": self.rooms, "plan": self.plan, "time_zone": self.time_zone, "lang": self.lang,
            "placed_in": self.placed_in, "cluster": self.cluster,
        })
    }
}

/// Signs a hotel up and follows it until it is served; one that could not be made is a refusal.
pub(super) async fn create(wish: &NewHotel) -> Result<String, Failure> {
    let (reach, client) = (&wish.reach, Client::new(&wish.reach)?);
    let dry = if wish.dry_run { "?dry_run=true" } else { "" };
    let begun = client.post(&format!("/api/v1/tenants{dry}"), &wish.body()).await?;
    if wish.dry_run {
        return Ok(reach.told(&begun, |begun| format!("would be: {}\nNothing was changed.", shown::home(begun))));
    }
    if wish.detach {
        return Ok(reach.told(&begun, shown::home));
    }
    if !reach.json {
        let _ = writeln!(std::io::stderr(), "{}", shown::home(&begun));
    }
    let made = until_served(&client, &text(&begun, "id")).await?;
    Ok(reach.told(&made, shown::home))
}

/// Waits until the database of a new hotel is there, or cannot be made.
async fn until_served(client: &Client, id: &str) -> Result<Value, Failure> {
    loop {
        let now = client.get(&format!("/api/v1/tenants/{id}")).await?;
        if now.pointer("/database/state").and_then(Value::as_str) != Some("claimed") {
            return Ok(now);
        }
        let mut orders = now.get("orders").and_then(Value::as_array).into_iter().flatten();
        if let Some(failed) = orders.find(|order| text(order, "state") == "failed") {
            return Err(Failure::Refused { code: "failed".to_owned(), detail: text(failed, "last_error") });
        }
        tokio::time::sleep(LOOK).await;
    }
}
