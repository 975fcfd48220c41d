//! What is sealed opens as it was, and nothing else opens.
mod servers;

use std::collections::BTreeMap;
use std::path::PathBuf;

use hotelhub_kernel::{Entropy, Key, TenantId, hex};
use hotelhub_store::{Store, StoreError};
use uuid::Uuid;

use super::*;

const CONTEXT: &[u8] = b"melati";

fn key() -> Key {
    Key::new([7; 32])
}

fn sealed(plain: &[u8]) -> Vec<u8> {
    let mut sealer = Sealer::new(&key(), CONTEXT);
    let mut out = Vec::new();
    for part in plain.chunks(10_007) {
        out.extend(sealer.push(part).unwrap());
    }
    out.extend(sealer.finish().unwrap());
    out
}

fn opened(sealed: &[u8], key: &Key, context: &[u8]) -> Result<Vec<u8>, Spoilt> {
    let mut opener = Opener::new(key, context);
    let mut out = Vec::new();
    for part in sealed.chunks(4_099) {
        out.extend(opener.push(part)?);
    }
    out.extend(opener.finish()?);
    Ok(out)
}

#[test]
fn a_stream_of_any_length_opens_as_it_was() {
    for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 17] {
        let plain: Vec<u8> = (0..length).map(|n| u8::try_from(n % 251).unwrap()).collect();
        let sealed = sealed(&plain);
        assert_eq!(opened(&sealed, &key(), CONTEXT).as_ref(), Ok(&plain), "{length}");
        assert!(opened(&sealed, &Key::new([8; 32]), CONTEXT).is_err(), "another key");
        assert!(opened(&sealed, &key(), b"mawar").is_err(), "another backup");
    }
}

#[test]
fn a_stream_that_comes_at_once_is_the_one_that_comes_in_parts() {
    for length in [CHUNK, CHUNK + 1, 5 * CHUNK, 5 * CHUNK + 17] {
        let plain: Vec<u8> = (0..length).map(|n| u8::try_from(n % 251).unwrap()).collect();
        let mut sealer = Sealer::new(&key(), CONTEXT);
        let at_once = [sealer.push(&plain).unwrap(), sealer.finish().unwrap()].concat();
        assert!(at_once == sealed(&plain), "{length}");
        let mut opener = Opener::new(&key(), CONTEXT);
        assert!([opener.push(&at_once).unwrap(), opener.finish().unwrap()].concat() == plain, "{length}");
    }
}

#[test]
fn a_stream_that_was_cut_off_prolonged_or_changed_anywhere_does_not_open() {
    let piece = CHUNK + 16;
    let whole = sealed(&vec![42; 3 * CHUNK]);
    assert_eq!(whole.len(), 3 * piece);
    for length in [0, 1, piece - 1, piece, piece + 1, 2 * piece, 3 * piece - 1] {
        assert!(opened(&whole[..length], &key(), CONTEXT).is_err(), "cut off after {length}");
    }
    for place in [0, 15, piece - 1, piece, 2 * piece + 5, 3 * piece - 1] {
        let mut changed = whole.clone();
        changed[place] ^= 1;
        assert!(opened(&changed, &key(), CONTEXT).is_err(), "a bit at {place}");
    }
    let swapped = [&whole[piece..2 * piece], &whole[..piece], &whole[2 * piece..]].concat();
    let without_one = [&whole[..piece], &whole[2 * piece..]].concat();
    let prolonged = [&whole[..], &whole[2 * piece..]].concat();
    for forged in [swapped, without_one, prolonged, [&whole[..], &[0]].concat()] {
        assert!(opened(&forged, &key(), CONTEXT).is_err());
    }
}

/// A folder that is gone afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("hotelhub-vault-{}", hex(&Entropy::system().bytes::<8>())));
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    fn shelf(&self, key: Key) -> Shelf {
        Shelf::new(Store::Folder(self.0.clone()), key, Entropy::system())
    }

    fn file(&self, place: Place, name: &str) -> PathBuf {
        self.0.join(place.to_string()).join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn place(tenant: u128, backup: u128) -> Place {
    Place { tenant: TenantId(Uuid::from_u128(tenant)), backup: Uuid::from_u128(backup) }
}

async fn kept(shelf: &Shelf, place: Place, plain: &[u8]) -> Manifest {
    let mut taking = shelf.take(place).await.unwrap();
    taking.push(plain).await.unwrap();
    let digest = taking.finish().await.unwrap();
    let manifest = Manifest {
        format: FORMAT,
        tenant: place.tenant,
        backup: place.backup,
        database: "t_1".to_owned(),
        schema: "0020_abcdef01".to_owned(),
        server_version: 150_000,
        taken_at: "2026-07-03T02:00:00Z".parse().unwrap(),
        data: digest.data,
        plain_bytes: digest.plain_bytes,
        stored_bytes: digest.stored_bytes,
        sha256: digest.sha256,
        tables: BTreeMap::from([("guests".to_owned(), TableSum { rows: 3, sum: "12".to_owned() })]),
        key_id: digest.key_id,
        data_key: digest.data_key,
    };
    shelf.vouch(&manifest).await.unwrap();
    manifest
}

async fn read(shelf: &Shelf, place: Place) -> Result<Vec<u8>, VaultError> {
    let mut reading = shelf.open(&shelf.manifest(place).await?).await?;
    let mut plain = Vec::new();
    while let Some(next) = reading.next().await? {
        plain.extend(next);
    }
    Ok(plain)
}

#[tokio::test]
async fn a_backup_comes_back_as_it_was_and_its_place_can_be_cleared() {
    let scratch = Scratch::new();
    let (shelf, here) = (scratch.shelf(key()), place(1, 1));
    let plain = vec![9; 500_000];
    let manifest = kept(&shelf, here, &plain).await;
    assert_eq!((manifest.plain_bytes, manifest.rows()), (500_000, 3));
    assert_eq!(read(&shelf, here).await.unwrap(), plain);
    let stored = std::fs::read(scratch.file(here, &manifest.data)).unwrap();
    assert_eq!(stored.len() as u64, manifest.stored_bytes);
    assert!(!stored.windows(32).any(|window| window == [9; 32]), "nothing of it can be read");
    for _ in 0..2 {
        shelf.remove(here).await.unwrap();
    }
    assert!(matches!(read(&shelf, here).await, Err(VaultError::Store(StoreError::Missing(_)))));
}

async fn read_from(shelf: &Shelf, manifest: &Manifest, byte: u64) -> Result<Vec<u8>, VaultError> {
    let mut reading = shelf.open_from(manifest, byte).await?;
    let mut plain = Vec::new();
    while let Some(next) = reading.next().await? {
        plain.extend(next);
    }
    Ok(plain)
}

#[tokio::test]
async fn data_are_read_from_any_byte_on_and_what_was_changed_or_cut_off_behind_it_is_refused() {
    let scratch = Scratch::new();
    let (shelf, here, chunk) = (scratch.shelf(key()), place(1, 1), CHUNK as u64);
    let plain: Vec<u8> = (0..4 * CHUNK).map(|n| u8::try_from(n % 251).unwrap()).collect();
    let manifest = kept(&shelf, here, &plain).await;
    for byte in [0, 1, chunk - 1, chunk, chunk + 1, 3 * chunk, 4 * chunk - 1] {
        let rest = &plain[usize::try_from(byte).unwrap()..];
        assert!(read_from(&shelf, &manifest, byte).await.unwrap() == rest, "from {byte} on");
    }
    let data = scratch.file(here, &manifest.data);
    let whole = std::fs::read(&data).unwrap();
    let mut changed = whole.clone();
    changed[CHUNK + 100] ^= 1;
    std::fs::write(&data, &changed).unwrap();
    assert!(read_from(&shelf, &manifest, chunk).await.is_err());
    assert_eq!(
        read_from(&shelf, &manifest, 2 * chunk).await.unwrap().len(),
        2 * CHUNK,
        "what is before is not fetched"
    );
    for cut in [whole.len() - 1, 3 * (CHUNK + 16), 2 * (CHUNK + 16) + 5] {
        std::fs::write(&data, &whole[..cut]).unwrap();
        assert!(read_from(&shelf, &manifest, 2 * chunk).await.is_err(), "cut off after {cut}");
    }
    assert!(read_from(&shelf, &manifest, 1 << 60).await.is_err(), "no stream is so long");
}

#[tokio::test]
async fn all_that_lies_there_of_one_tenant_can_be_removed_and_nothing_of_another() {
    let scratch = Scratch::new();
    let shelf = scratch.shelf(key());
    for here in [place(1, 1), place(1, 2), place(2, 1)] {
        kept(&shelf, here, b"of somebody").await;
    }
    shelf.take(place(1, 3)).await.unwrap().finish().await.unwrap();
    for _ in 0..2 {
        shelf.remove_all_of(place(1, 1).tenant).await.unwrap();
    }
    assert!(!scratch.0.join(place(1, 1).tenant.to_string()).exists());
    assert_eq!(read(&shelf, place(2, 1)).await.unwrap(), b"of somebody");
}

#[tokio::test]
async fn what_was_not_finished_does_not_count() {
    let scratch = Scratch::new();
    let (shelf, here) = (scratch.shelf(key()), place(1, 1));
    let mut taking = shelf.take(here).await.unwrap();
    taking.push(&vec![9; 500_000]).await.unwrap();
    drop(taking);
    assert_eq!(std::fs::read_dir(scratch.file(here, "")).unwrap().count(), 0, "no part of it stays");
    assert!(matches!(read(&shelf, here).await, Err(VaultError::Store(StoreError::Missing(_)))));
    let mut taking = shelf.take(here).await.unwrap();
    taking.push(b"all of it, and no manifest").await.unwrap();
    taking.finish().await.unwrap();
    assert!(matches!(read(&shelf, here).await, Err(VaultError::Store(StoreError::Missing(_)))));
}

#[tokio::test]
async fn a_wrong_key_a_changed_manifest_and_another_tenants_backup_are_refused() {
    let scratch = Scratch::new();
    let (shelf, here) = (scratch.shelf(key()), place(1, 1));
    let manifest = kept(&shelf, here, b"of melati").await;
    let other_key = read(&scratch.shelf(Key::new([8; 32])), here).await;
    assert!(matches!(other_key, Err(VaultError::Refused(Refused::OtherKey { .. }))), "{other_key:?}");

    let path = scratch.file(here, "manifest");
    let written = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, written.replace("0020_abcdef01", "0020_abcdef02")).unwrap();
    assert!(matches!(read(&shelf, here).await, Err(VaultError::Refused(Refused::Forged))));
    std::fs::write(&path, "{}").unwrap();
    assert!(matches!(read(&shelf, here).await, Err(VaultError::Refused(Refused::Unreadable))));

    std::fs::write(&path, &written).unwrap();
    let theirs = place(2, 2);
    std::fs::create_dir_all(scratch.file(theirs, "")).unwrap();
    for file in ["manifest", &manifest.data] {
        std::fs::copy(scratch.file(here, file), scratch.file(theirs, file)).unwrap();
    }
    let foreign = read(&shelf, theirs).await;
    assert!(matches!(foreign, Err(VaultError::Refused(Refused::Foreign { .. }))), "{foreign:?}");

    let data = scratch.file(here, &manifest.data);
    let mut bytes = std::fs::read(&data).unwrap();
    bytes[3] ^= 1;
    std::fs::write(&data, &bytes).unwrap();
    assert!(matches!(read(&shelf, here).await, Err(VaultError::Spoilt(_))));
    bytes.clear();
    std::fs::write(&data, &bytes).unwrap();
    assert!(matches!(read(&shelf, here).await, Err(VaultError::Spoilt(_))));
}

#[tokio::test]
async fn a_store_whose_folder_is_not_there_takes_nothing_and_has_nothing_removed() {
    let scratch = Scratch::new();
    let shelf = Shelf::new(Store::Folder(scratch.0.join("not mounted")), key(), Entropy::system());
    let refused = shelf.take(place(1, 1)).await.err().unwrap();
    assert!(!refused.is_final() && refused.to_string().contains("looking for its folder"), "{refused}");
    assert!(shelf.remove(place(1, 1)).await.is_err(), "it may be there when the disk is");
    assert!(!scratch.0.join("not mounted").exists());
}
