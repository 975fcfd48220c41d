//! What was packed unpacks as it was, and nothing else is taken in.
use hotelhub_kernel::{Entropy, Secret, TenantId, hex, sha256};
use jiff::Timestamp;

use super::*;
use crate::zip::{Bounds, Reader, Writer};

fn contents() -> Contents {
    let (tenant, name) = (TenantId(uuid::Uuid::nil()), "Hotel Melati".to_owned());
    let zone = "Asia/Jakarta".to_owned();
    let owner = Owner { name: "Ratna".to_owned(), email: "ratna@melati.example".to_owned(), phone: String::new() };
    let hotel = Hotel { tenant, slug: "melati".to_owned(), name, time_zone: zone, rooms: 12 };
    let taken_at = Timestamp::UNIX_EPOCH;
    Contents { product: "hotel".to_owned(), schema: "0020_0000".to_owned(), taken_at, hotel, owner }
}

const TABLES: [(&str, usize); 3] = [("data/guests.csv", 3_000), ("data/empty.csv", 0), ("data/rooms.csv", 9)];

fn table(rows: usize) -> Vec<u8> {
    let rows = (0..rows)
        .flat_map(|n| format!("{n},Tamu {},{}\n", n * 7919 % 977, hex(&sha256(&n.to_be_bytes()))).into_bytes());
    b"id,name,note\n".iter().copied().chain(rows).collect()
}

fn packed() -> Vec<u8> {
    packed_within(Bounds::default())
}

fn packed_within(bounds: Bounds) -> Vec<u8> {
    let mut packing = Packing::within(contents(), bounds);
    let mut out = packing.introduce().unwrap();
    for (name, rows) in TABLES {
        out.extend(packing.begin(name).unwrap());
        for part in table(rows).chunks(30_011) {
            out.extend(packing.push(part).unwrap());
        }
        out.extend(packing.end(Some(rows as u64)).unwrap());
    }
    out.extend(packing.finish().unwrap().1);
    out
}

fn checked(file: &[u8]) -> Result<Manifest, Refused> {
    checked_within(file, Bounds::default())
}

fn checked_within(file: &[u8], bounds: Bounds) -> Result<Manifest, Refused> {
    let mut check = Check::within(bounds);
    file.chunks(4_099).try_for_each(|part| check.feed(part))?;
    check.finish()
}

fn unpacked(file: &[u8], manifest: Manifest) -> Result<Vec<(String, Vec<u8>)>, Refused> {
    unpacked_by(Unpacking::new(manifest), file)
}

fn unpacked_by(mut unpacking: Unpacking, file: &[u8]) -> Result<Vec<(String, Vec<u8>)>, Refused> {
    let (mut parts, mut entries) = (file.chunks(65_536), Vec::new());
    loop {
        match unpacking.step()? {
            Event::Begins(name) => entries.push((name, Vec::new())),
            Event::Bytes(bytes) => entries.last_mut().unwrap().1.extend(bytes),
            Event::Ends => {}
            Event::Hungry => match parts.next() {
                Some(part) => unpacking.feed(part),
                None => unpacking.feed_no_more(),
            },
            Event::Over => return Ok(entries),
        }
    }
}

/// A ZIP with these entries, and a manifest that fits them.
fn with(entries: &[(&str, &[u8])]) -> Vec<u8> {
    with_within(entries, Bounds::default())
}

fn with_within(entries: &[(&str, &[u8])], bounds: Bounds) -> Vec<u8> {
    let (mut packing, mut out) = (Packing::within(contents(), bounds), Vec::new());
    for (name, plain) in entries {
        out.extend(packing.begin(name).unwrap());
        out.extend(packing.push(plain).unwrap());
        out.extend(packing.end(None).unwrap());
    }
    out.extend(packing.finish().unwrap().1);
    out
}

/// The manifest as it is, only with other words in it.
fn with_manifest(change: impl Fn(&mut serde_json::Value)) -> Vec<u8> {
    let mut zip = Writer::within(Bounds::default());
    let mut out = zip.begin("data/rooms.csv").unwrap();
    out.extend(zip.push(b"id\n").unwrap());
    let (entry, end) = zip.end().unwrap();
    out.extend(end);
    let (name, sha256) = (entry.name.to_string(), hex(&entry.sha256));
    let part = Part { name, bytes: entry.bytes, sha256, rows: Some(0) };
    let manifest = Manifest { format: FORMAT, contents: contents(), parts: vec![part] };
    let mut manifest = serde_json::to_value(manifest).unwrap();
    change(&mut manifest);
    out.extend(zip.begin(MANIFEST).unwrap());
    out.extend(zip.push(manifest.to_string().as_bytes()).unwrap());
    out.extend(zip.end().unwrap().1);
    out.extend(zip.finish().unwrap());
    out
}

#[test]
fn what_was_packed_unpacks_as_it_was() {
    let file = packed();
    let manifest = checked(&file).unwrap();
    assert_eq!(manifest.rows(), 3_009);
    let entries = unpacked(&file, manifest).unwrap();
    for ((name, rows), (found, bytes)) in TABLES.into_iter().zip(&entries[1..]) {
        assert_eq!((name, table(rows)), (found.as_str(), bytes.clone()));
    }
}

#[test]
fn a_file_that_was_cut_off_or_prolonged_anywhere_is_refused() {
    let file = packed();
    for length in (0..file.len()).step_by(401).chain(file.len() - 300..file.len()) {
        assert!(checked(&file[..length]).is_err(), "cut off after {length} of {}", file.len());
    }
    assert_eq!(checked(&[file.as_slice(), b"x"].concat()), Err(Refused::Longer));
    assert_eq!(checked(&[b"x".as_slice(), &file].concat()).unwrap_err(), checked(b"xxxx").unwrap_err());
}

#[test]
fn a_file_with_a_flipped_bit_is_refused_wherever_it_matters() {
    let file = packed();
    let manifest = checked(&file).unwrap();
    let whole = unpacked(&file, manifest.clone()).unwrap();
    let mut refused = 0;
    for place in (0..file.len()).step_by(401).chain(0..60).chain(file.len() - 400..file.len()) {
        let mut changed = file.clone();
        changed[place] ^= 1 << (place % 8);
        // Behind the last code of an entry are up to seven bits that mean nothing.
        match unpacked(&changed, manifest.clone()) {
            Ok(entries) => assert!(entries == whole, "a bit at {place} of {}", file.len()),
            Err(_) => refused += usize::from(checked(&changed).is_err()),
        }
    }
    assert!(refused > 500, "{refused} were refused");
}

#[test]
fn entries_that_lead_elsewhere_come_twice_or_are_links_are_refused() {
    for name in
        ["../etc/passwd", "/etc/passwd", "data/../x", "data//x", "..", "Data/x.csv", "a\\b", "data/x\u{0}.csv", ""]
    {
        assert!(matches!(checked(&with(&[(name, b"x")])), Err(Refused::Foreign(_))), "{name:?}");
    }
    let twice = with(&[("data/rooms.csv", b"x"), ("data/rooms.csv", b"y")]);
    assert_eq!(checked(&twice), Err(Refused::Twice("data/rooms.csv".to_owned())));
    let mut link = with(&[("data/rooms.csv", b"/etc/passwd")]);
    let plain_file = 0o100_600_u32 << 16;
    let place = link.windows(4).position(|word| word == plain_file.to_le_bytes()).unwrap();
    link[place..place + 4].copy_from_slice(&(0o120_777_u32 << 16).to_le_bytes());
    assert_eq!(checked(&link), Err(Refused::Directory));
}

#[test]
fn a_bomb_is_refused_before_it_has_gone_off() {
    let bomb = with(&[("data/rooms.csv", &vec![b'0'; 64 * 1024 * 1024])]);
    assert!(bomb.len() < 100_000);
    assert_eq!(checked(&bomb), Err(Refused::Bomb("data/rooms.csv".to_owned())));
}

#[test]
fn a_bomb_in_many_small_entries_is_refused_as_well() {
    let zeros = vec![b'0'; 10 * 1024 * 1024];
    let bomb = with(&[("data/a.csv", &zeros), ("data/b.csv", &zeros), ("data/c.csv", &zeros)]);
    assert_eq!(checked(&bomb), Err(Refused::Bomb("data/b.csv".to_owned())));
}

#[test]
fn what_comes_to_more_than_any_export_is_neither_taken_in_nor_written() {
    let file = packed();
    let bounds = Bounds::default();
    let read = |bounds| -> Result<(), Refused> {
        let mut reader = Reader::within(bounds);
        reader.feed(&file);
        reader.feed_no_more();
        while reader.next()? != Event::Over {}
        Ok(())
    };
    let (length, entries) = (file.len() as u64, TABLES.len() + 2);
    assert_eq!(read(Bounds { unpacked: 1_000_000, packed: length, entries, ..bounds }), Ok(()));
    assert_eq!(read(Bounds { unpacked: 100_000, ..bounds }), Err(Refused::TooMuch));
    assert_eq!(read(Bounds { packed: length - 1, ..bounds }), Err(Refused::TooMuch));
    assert!(matches!(read(Bounds { entries: entries - 1, ..bounds }), Err(Refused::Foreign(_))));
    let write = |bounds| -> Result<(), TooLarge> {
        let mut packing = Packing::within(contents(), bounds);
        packing.introduce()?;
        packing.begin("data/rooms.csv")?;
        packing.push(&table(900))?;
        packing.end(Some(900))?;
        packing.finish().map(drop)
    };
    assert_eq!(write(bounds), Ok(()));
    for narrow in [
        Bounds { unpacked: 10_000, ..bounds },
        Bounds { packed: 10_000, ..bounds },
        Bounds { entries: 2, ..bounds },
        Bounds { entries: 1, ..bounds },
    ] {
        assert_eq!(write(narrow), Err(TooLarge), "{narrow:?}");
    }
}

/// From a thousand bytes, or three entries, on.
fn wide() -> Bounds {
    Bounds { wide_lengths: 1_000, wide_entries: 3, ..Bounds::default() }
}

#[test]
fn a_long_export_unpacks_as_it_was_and_only_where_it_is_long() {
    let file = packed_within(wide());
    let manifest = checked_within(&file, wide()).unwrap();
    let entries = unpacked_by(Unpacking::within(manifest.clone(), wide()), &file).unwrap();
    for ((name, rows), (found, bytes)) in TABLES.into_iter().zip(&entries[1..]) {
        assert_eq!((name, table(rows)), (found.as_str(), bytes.clone()));
    }
    assert_eq!(manifest, checked(&packed()).unwrap(), "it says the same of itself");
    assert!(matches!(checked(&file), Err(Refused::Damaged(_))), "nothing in it is as long as it says");
    assert!(matches!(checked_within(&packed(), wide()), Err(Refused::Damaged(_))));
}

#[test]
fn a_long_export_that_was_changed_cut_off_or_prolonged_anywhere_is_refused() {
    let file = with_within(&[("data/guests.csv", &table(40)), ("data/rooms.csv", &table(9))], wide());
    let length = file.len();
    for cut in 0..length {
        assert!(checked_within(&file[..cut], wide()).is_err(), "cut off after {cut} of {length}");
    }
    // What follows the last entry, the directory, and its end.
    for place in length - 350..length {
        let mut changed = file.clone();
        changed[place] ^= 1 << (place % 8);
        assert!(checked_within(&changed, wide()).is_err(), "a bit at {place} of {length}");
    }
    assert_eq!(checked_within(&[file.as_slice(), b"x"].concat(), wide()), Err(Refused::Longer));
}

#[test]
fn a_manifest_that_is_long_for_the_entries_it_names_is_refused() {
    let spaces = " ".repeat(70_000);
    let mut zip = Writer::within(Bounds::default());
    let mut out = zip.begin(MANIFEST).unwrap();
    out.extend(zip.push(spaces.as_bytes()).unwrap());
    out.extend(zip.end().unwrap().1);
    out.extend(zip.finish().unwrap());
    assert_eq!(checked(&out), Err(Refused::Manifest));
}

#[test]
fn a_manifest_that_says_something_else_is_refused() {
    assert!(checked(&with_manifest(|_| {})).is_ok());
    let formats = with_manifest(|manifest| manifest["format"] = 2.into());
    assert_eq!(checked(&formats), Err(Refused::Format { theirs: 2, ours: 1 }));
    let sums = with_manifest(|manifest| manifest["parts"][0]["sha256"] = "00".into());
    assert_eq!(checked(&sums), Err(Refused::Unlike("data/rooms.csv".to_owned())));
    let lengths = with_manifest(|manifest| manifest["parts"][0]["bytes"] = 2.into());
    assert_eq!(checked(&lengths), Err(Refused::Unlike("data/rooms.csv".to_owned())));
    let none = with_manifest(|manifest| manifest["parts"] = serde_json::json!([]));
    assert!(matches!(checked(&none), Err(Refused::Unlike(_))));
    let long = with_manifest(|manifest| manifest["contents"]["schema"] = "9".repeat(100_000).into());
    assert_eq!(checked(&long), Err(Refused::Manifest));
    let words = with_manifest(|manifest| manifest["sql"] = "drop table guests".into());
    assert_eq!(checked(&words), Err(Refused::Manifest));
}

#[test]
fn a_file_swapped_after_it_was_looked_through_is_refused() {
    let manifest = checked(&with(&[("data/rooms.csv", b"id\n1\n")])).unwrap();
    let other = with(&[("data/rooms.csv", b"id\n2\n")]);
    assert!(checked(&other).is_ok());
    assert_eq!(unpacked(&other, manifest), Err(Refused::Unlike("data/rooms.csv".to_owned())));
}

#[test]
fn only_its_passphrase_opens_a_sealed_file() {
    let (file, secret) = (packed(), |text: &str| Secret::new(text.to_owned()));
    let (mut sealing, mut sealed) = Sealing::begin(&secret("kopi pagi di teras"), &Entropy::seeded(7));
    for part in file.chunks(70_001) {
        sealed.extend(sealing.push(part).unwrap());
    }
    sealed.extend(sealing.finish().unwrap());
    assert!(is_sealed(&sealed) && !is_sealed(&file));
    let opened = |sealed: &[u8], passphrase: &str| {
        let (mut opening, mut out) = (Opening::new(secret(passphrase)), Vec::new());
        for part in sealed.chunks(1_009) {
            out.extend(opening.push(part)?);
        }
        out.extend(opening.finish()?);
        Ok(out)
    };
    assert_eq!(opened(&sealed, "kopi pagi di teras"), Ok(file.clone()));
    assert_eq!(opened(&sealed, "kopi pagi di teras "), Err(Refused::Passphrase));
    assert_eq!(opened(&file, "kopi pagi di teras"), Err(Refused::Open));
    assert_eq!(opened(&sealed[..sealed.len() - 1], "kopi pagi di teras"), Err(Refused::Unsealed));
    assert_eq!(opened(&sealed[..20], "kopi pagi di teras"), Err(Refused::CutOff));
    let mut changed = sealed.clone();
    changed[100] ^= 1;
    assert_eq!(opened(&changed, "kopi pagi di teras"), Err(Refused::Unsealed));
    assert_eq!(checked(&sealed), Err(checked(b"xxxx").unwrap_err()));
}
