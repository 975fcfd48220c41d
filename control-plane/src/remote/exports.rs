//! `hotelhub-control tenants export|import`: a hotel's data fetched into a file, and a file sent in. Passphrases seal and open here: they are
//! never sent.
#[cfg(test)]
mod tests;

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::Args;
use hotelhub_export::{Check, Manifest, Opening, Refused, Sealing, is_sealed};
use hotelhub_kernel::{Entropy, Secret};
use serde_json::{Value, json};

use super::backups::{Errand, follow, run, until_over};
use super::client::{Client, Failure, Reach};
use super::shown;
use super::shown::text;
use super::tenants::Whom;

/// A passphrase is not shorter, in characters.
const SHORTEST: usize = 12;

/// Bytes read at once, and sent at once of a file that is not very long: little is lost with the line.
const PIECE: usize = 4 * 1024 * 1024;

/// The vendor takes no longer pieces, in [`PIECE`]s.
const LONGEST_PIECE: u64 = 4;

/// Of pieces of one length there are about so many; the vendor takes 10,000.
const PIECES: u64 = 9_000;

/// Which file, and what it is sealed with.
#[derive(Args, Debug)]
#[group(skip)]
pub struct Sealed {
    /// A file that holds a passphrase: the export is sealed with it here, or opened. It is never sent.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// What the hotel is to be where the file does not say it, or says it as no sign-up would.
#[derive(Args, Debug)]
#[group(skip)]
pub struct Overrides {
    /// Its name in its address.
    #[arg(long)]
    slug: String,
    /// Its plan; the smallest that covers its rooms if absent.
    #[arg(long)]
    plan: Option<String>,
    /// The hotel's name.
    #[arg(long)]
    name: Option<String>,
    /// The owner's name.
    #[arg(long)]
    owner: Option<String>,
    /// The owner's mail address.
    #[arg(long)]
    email: Option<String>,
    /// The owner's telephone number.
    #[arg(long)]
    phone: Option<String>,
}

fn usage(doing: &str, error: &dyn std::fmt::Display) -> Failure {
    Failure::Usage(format!("{doing}: {error}"))
}

fn cannot(path: &Path, error: &std::io::Error) -> Failure {
    usage(&path.display().to_string(), error)
}

fn not_an_export(refused: Refused) -> Failure {
    Failure::Refused { code: "not-an-export".to_owned(), detail: refused.to_string() }
}

impl Sealed {
    fn passphrase(&self) -> Result<Option<Secret<String>>, Failure> {
        let Some(file) = &self.passphrase_file else { return Ok(None) };
        let text = fs::read_to_string(file).map_err(|error| usage(&file.display().to_string(), &error))?;
        let text = text.trim_end_matches(['\r', '\n']).to_owned();
        if text.chars().count() < SHORTEST {
            return Err(Failure::Usage(format!("the passphrase has less than {SHORTEST} characters")));
        }
        Ok(Some(Secret::new(text)))
    }
}

/// Has a hotel exported, and fetches the file where one is wanted.
pub(super) async fn export(
    whom: &Whom,
    out: Option<&Path>,
    sealed: &Sealed,
    (detach, dry_run): (bool, bool),
) -> Result<String, Failure> {
    let (body, seen_at, shown) = (json!({}), "/api/v1/exports", shown::export);
    let errand = Errand { door: "exports", body, seen_at, shown, dry_run, detach, whom };
    let passphrase = sealed.passphrase()?;
    if let Some(out) = out.filter(|out| out.exists()) {
        return Err(Failure::Usage(format!("{} is there already", out.display())));
    }
    let Some(out) = out.filter(|_| !errand.dry_run && !errand.detach) else { return run(errand).await };
    let (reach, shown) = (&errand.whom.reach, errand.shown);
    let client = Client::new(reach)?;
    let told = follow(&client, errand).await?;
    fetch(&client, &told, out, passphrase.as_ref()).await?;
    Ok(reach.told(&told, |told| format!("{}: {}", out.display(), shown(told))))
}

/// Fetches an export's file. It is there when it is whole and what it says it is; before, it has another name, and nothing is left of it
/// where it does not come to that.
async fn fetch(client: &Client, told: &Value, out: &Path, passphrase: Option<&Secret<String>>) -> Result<(), Failure> {
    let mut name = out.file_name().unwrap_or_default().to_os_string();
    name.push(".unfinished");
    let unfinished = out.with_file_name(name);
    let _ = fs::remove_file(&unfinished);
    let fetched = fetch_into(client, told, &unfinished, passphrase).await;
    let named = fetched.and_then(|()| fs::rename(&unfinished, out).map_err(|error| cannot(out, &error)));
    if named.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    named
}

/// Where the line breaks it goes on at the byte it has.
async fn fetch_into(
    client: &Client,
    told: &Value,
    into: &Path,
    passphrase: Option<&Secret<String>>,
) -> Result<(), Failure> {
    let writing = |error: std::io::Error| cannot(into, &error);
    let mut file = OpenOptions::new();
    let mut file = file.write(true).create_new(true).mode(0o600).open(into).map_err(writing)?;
    let mut sealing = None;
    if let Some(passphrase) = passphrase {
        let (begun, head) = Sealing::begin(passphrase, &Entropy::system());
        file.write_all(&head).map_err(writing)?;
        sealing = Some(begun);
    }
    let mut check = Check::default();
    let path = format!("/api/v1/exports/{}/file", text(told, "id"));
    let mut fetching = client.fetch(&path);
    while let Some(bytes) = fetching.next().await? {
        check.feed(&bytes).map_err(not_an_export)?;
        let written = match &mut sealing {
            Some(sealing) => file.write_all(&sealing.push(&bytes).map_err(not_an_export)?),
            None => file.write_all(&bytes),
        };
        written.map_err(writing)?;
    }
    check.finish().map_err(not_an_export)?;
    if let Some(sealing) = sealing {
        file.write_all(&sealing.finish().map_err(not_an_export)?).map_err(writing)?;
    }
    file.sync_all().map_err(writing)
}

/// A file's bytes, opened where they are sealed.
struct Opened {
    file: File,
    opening: Option<Opening>,
}

impl Opened {
    fn at(path: &Path, passphrase: Option<&Secret<String>>) -> Result<Self, Failure> {
        let reading = |error: std::io::Error| cannot(path, &error);
        let mut beginning = Vec::new();
        File::open(path).map_err(reading)?.take(64).read_to_end(&mut beginning).map_err(reading)?;
        let opening = match (is_sealed(&beginning), passphrase) {
            (true, Some(passphrase)) => Some(Opening::new(passphrase.clone())),
            (true, None) => return Err(not_an_export(Refused::Sealed)),
            (false, Some(_)) => return Err(not_an_export(Refused::Open)),
            (false, None) => None,
        };
        Ok(Self { file: File::open(path).map_err(reading)?, opening })
    }

    /// The next bytes; nothing at the end.
    fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let mut bytes = Vec::new();
        let mut part = (&mut self.file).take(PIECE as u64);
        part.read_to_end(&mut bytes).map_err(|error| usage("reading the file", &error))?;
        match (&mut self.opening, bytes.is_empty()) {
            (None, over) => Ok((!over).then_some(bytes)),
            (Some(opening), false) => Ok(Some(opening.push(&bytes).map_err(not_an_export)?)),
            (opening @ Some(_), true) => {
                let last = opening.take().map(Opening::finish).transpose().map_err(not_an_export)?;
                Ok(last.filter(|last| !last.is_empty()))
            }
        }
    }
}

/// Looks a file through, sends it in, and follows until the hotel is there.
pub(super) async fn import(
    reach: &Reach,
    file: &Path,
    (wanted, sealed): (&Overrides, &Sealed),
    (detach, dry_run): (bool, bool),
) -> Result<String, Failure> {
    let passphrase = sealed.passphrase()?;
    let manifest = looked_through(file, passphrase.as_ref())?;
    let client = Client::new(reach)?;
    let dry = if dry_run { "?dry_run=true" } else { "" };
    let awaited = client.post(&format!("/api/v1/imports{dry}"), &wish(&manifest, wanted)).await?;
    if dry_run {
        return Ok(reach.told(&awaited, |awaited| {
            let (rows, schema) = (manifest.rows(), &manifest.contents.schema);
            format!("would be: {}; {rows} rows of schema {schema}\nNothing was changed.", shown::import(awaited))
        }));
    }
    let place = format!("/api/v1/imports/{}", text(&awaited, "id"));
    let sent = send(&client, &place, Opened::at(file, passphrase.as_ref())?).await?;
    let begun = client.post(&format!("{place}/begin"), &sent).await?;
    if detach {
        return Ok(reach.told(&begun, shown::import));
    }
    Ok(reach.told(&until_over(&client, &place).await?, shown::import))
}

fn looked_through(file: &Path, passphrase: Option<&Secret<String>>) -> Result<Manifest, Failure> {
    let (mut opened, mut check) = (Opened::at(file, passphrase)?, Check::default());
    while let Some(bytes) = opened.next()? {
        check.feed(&bytes).map_err(not_an_export)?;
    }
    check.finish().map_err(not_an_export)
}

/// What the hotel is to be.
fn wish(manifest: &Manifest, wanted: &Overrides) -> Value {
    let (hotel, owner) = (&manifest.contents.hotel, &manifest.contents.owner);
    let or = |wanted: &Option<String>, told: &str| wanted.clone().unwrap_or_else(|| told.to_owned());
    json!({
        "slug": wanted.slug, "plan": wanted.plan, "rooms": hotel.rooms.max(1), "time_zone": hotel.time_zone,
        "hotel": or(&wanted.name, &hotel.name), "owner": or(&wanted.owner, &owner.name),
        "email": or(&wanted.email, &owner.email), "phone": or(&wanted.phone, &owner.phone),
    })
}

/// How long the pieces of a file of so many bytes are.
fn piece_of(length: u64) -> usize {
    let times = (length / (PIECES * PIECE as u64) + 1).min(LONGEST_PIECE);
    usize::try_from(times).unwrap_or(1) * PIECE
}

/// Sends a file piece by piece; what was sent.
async fn send(client: &Client, place: &str, mut opened: Opened) -> Result<Value, Failure> {
    let length = opened.file.metadata().map_err(|error| usage("reading the file", &error))?.len();
    let (piece_length, mut waiting, mut pieces, mut bytes) = (piece_of(length), Vec::new(), 0, 0);
    loop {
        let next = opened.next()?;
        let over = next.is_none();
        waiting.extend(next.unwrap_or_default());
        while waiting.len() >= piece_length || over && !waiting.is_empty() {
            let rest = waiting.split_off(waiting.len().min(piece_length));
            let piece = std::mem::replace(&mut waiting, rest);
            bytes += piece.len();
            client.put(&format!("{place}/pieces/{pieces}"), piece).await?;
            pieces += 1;
        }
        if over {
            return Ok(json!({ "pieces": pieces, "bytes": bytes }));
        }
    }
}
