//! Servers' WAL and base backups come back as they were kept, and nothing else does.
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use super::*;

const SEGMENT: &str = "0000000900000000000000AA";

fn main_server() -> Server {
    Server::named("main").unwrap()
}

fn named(name: &str) -> WalName {
    name.parse().unwrap()
}

fn wal_file(scratch: &Scratch, name: &str) -> PathBuf {
    scratch.0.join("servers/main/wal").join(name)
}

/// A file that was switched early: zeros for the most part.
fn switched_early() -> Vec<u8> {
    [[7; 300_000].as_slice(), &[0; 700_000]].concat()
}

#[test]
fn only_what_postgres_archives_has_a_name() {
    for good in
        [SEGMENT, "00000002.history", "0000000900000000000000AA.partial", "0000000900000000000000AA.00000028.backup"]
    {
        assert_eq!(named(good).to_string(), good);
    }
    let wrong = [
        "",
        "0000000900000000000000A",
        "0000000900000000000000aa",
        "0000000900000000000000AA.",
        "0000000900000000000000AA.history",
        "0000000900000000000000AA.backup",
        "0000000900000000000000AA.0000028G.backup",
        "00000002",
        "../../../../etc/passwd",
        "00000001000000000000000/",
    ];
    for wrong in wrong {
        assert!(wrong.parse::<WalName>().is_err(), "{wrong}");
    }
    assert!(named(SEGMENT).is_segment() && !named("00000002.history").is_segment());
    for wrong in ["", "..", "a/b", "a b", &"x".repeat(64)] {
        assert!(Server::named(wrong).is_none(), "{wrong}");
    }
}

#[tokio::test]
async fn a_file_of_wal_comes_back_byte_for_byte_and_its_zeros_take_no_room() {
    let scratch = Scratch::new();
    let wal = scratch.shelf(key()).wal(&main_server());
    let name = named(SEGMENT);
    assert_eq!((wal.fetch(&name).await.unwrap(), wal.has(&name).await.unwrap()), (None, false));
    for file in [switched_early(), Vec::new(), vec![0; 1_000_000], vec![3; 1_000_000]] {
        let _ = fs::remove_file(wal_file(&scratch, SEGMENT));
        assert_eq!(wal.keep(&name, &file).await.unwrap(), Kept::New);
        assert_eq!(wal.keep(&name, &file).await.unwrap(), Kept::Already);
        assert!(wal.fetch(&name).await.unwrap() == Some(file) && wal.has(&name).await.unwrap());
    }
    let _ = fs::remove_file(wal_file(&scratch, SEGMENT));
    wal.keep(&name, &switched_early()).await.unwrap();
    let stored = fs::read(wal_file(&scratch, SEGMENT)).unwrap();
    assert!(stored.len() < 400_000 && !stored.windows(32).any(|window| window == [7; 32]), "nothing of it can be read");
    assert_eq!(fs::read_dir(wal_file(&scratch, "")).unwrap().count(), 1, "nothing unfinished stays");
}

#[tokio::test]
async fn a_file_that_is_kept_is_never_replaced_by_another_of_its_name() {
    let scratch = Scratch::new();
    let wal = scratch.shelf(key()).wal(&main_server());
    wal.keep(&named(SEGMENT), b"the first server's").await.unwrap();
    for other in [b"the second server's".as_slice(), b"the first server's\0", b""] {
        let refused = wal.keep(&named(SEGMENT), other).await;
        assert!(matches!(refused, Err(VaultError::Refused(Refused::OtherWal(_)))), "{refused:?}");
    }
    assert_eq!(wal.fetch(&named(SEGMENT)).await.unwrap().unwrap(), b"the first server's");
    let theirs = scratch.shelf(key()).wal(&Server::named("second").unwrap());
    assert_eq!(theirs.keep(&named(SEGMENT), b"the second server's").await.unwrap(), Kept::New);
}

#[tokio::test]
async fn a_file_that_was_changed_cut_off_renamed_or_sealed_under_another_key_is_refused() {
    let scratch = Scratch::new();
    let wal = scratch.shelf(key()).wal(&main_server());
    wal.keep(&named(SEGMENT), &switched_early()).await.unwrap();
    let (path, next) = (wal_file(&scratch, SEGMENT), "0000000900000000000000AB");
    let good = fs::read(&path).unwrap();
    for place in [0, 30, 56, 100, good.len() / 2, good.len() - 1] {
        let mut changed = good.clone();
        changed[place] ^= 1;
        fs::write(&path, changed).unwrap();
        let refused = wal.fetch(&named(SEGMENT)).await.unwrap_err();
        assert!(refused.is_final(), "a bit at {place}: {refused}");
    }
    for length in [0, 7, 40, 56, 100, good.len() - 1] {
        fs::write(&path, &good[..length]).unwrap();
        assert!(matches!(wal.fetch(&named(SEGMENT)).await, Err(VaultError::Spoilt(_))), "cut off after {length}");
    }
    fs::write(wal_file(&scratch, next), &good).unwrap();
    assert!(matches!(wal.fetch(&named(next)).await, Err(VaultError::Spoilt(_))), "it is another file's");
    fs::write(&path, &good).unwrap();
    let other_key = scratch.shelf(Key::new([8; 32])).wal(&main_server());
    let refused = other_key.fetch(&named(SEGMENT)).await;
    assert!(matches!(refused, Err(VaultError::Refused(Refused::OtherKey { .. }))), "{refused:?}");
    fs::create_dir_all(scratch.0.join("servers/second/wal")).unwrap();
    fs::copy(&path, scratch.0.join("servers/second/wal").join(SEGMENT)).unwrap();
    let theirs = scratch.shelf(key()).wal(&Server::named("second").unwrap());
    assert!(matches!(theirs.fetch(&named(SEGMENT)).await, Err(VaultError::Spoilt(_))), "it is another server's");
}

#[tokio::test]
async fn what_was_sealed_before_the_key_was_turned_opens_as_long_as_the_older_key_is_known() {
    let (scratch, newer) = (Scratch::new(), Key::new([8; 32]));
    let (before, here, base_here) = (scratch.shelf(key()), place(1, 1), base_place("main", 1));
    kept(&before, here, b"of melati").await;
    copied(&before, &base_here, b"of all").await;
    before.wal(&main_server()).keep(&named(SEGMENT), b"wal").await.unwrap();
    let turned = scratch.shelf(newer.clone()).opening_also(vec![key()]);
    assert_eq!(read(&turned, here).await.unwrap(), b"of melati");
    assert_eq!(unpacked(&turned, &base_here).await.unwrap(), b"of all");
    let wal = turned.wal(&main_server());
    assert_eq!(wal.fetch(&named(SEGMENT)).await.unwrap().unwrap(), b"wal");
    assert_eq!(wal.keep(&named(SEGMENT), b"wal").await.unwrap(), Kept::Already);
    assert!(wal.keep(&named(SEGMENT), b"else").await.is_err());
    let next = named("0000000900000000000000AB");
    wal.keep(&next, b"more").await.unwrap();
    kept(&turned, place(1, 2), b"of melati later").await;
    assert!(matches!(read(&before, place(1, 2)).await, Err(VaultError::Refused(Refused::OtherKey { .. }))));
    let alone = scratch.shelf(newer);
    assert_eq!(alone.wal(&main_server()).fetch(&next).await.unwrap().unwrap(), b"more");
    assert_eq!(read(&alone, place(1, 2)).await.unwrap(), b"of melati later");
    assert!(matches!(read(&alone, here).await, Err(VaultError::Refused(Refused::OtherKey { .. }))));
}

#[tokio::test]
async fn wal_that_nothing_needs_goes_and_the_histories_of_timelines_stay() {
    let scratch = Scratch::new();
    let wal = scratch.shelf(key()).wal(&main_server());
    let old = ["000000010000000000000003", "000000010000000000000004", "000000010000000000000004.00000028.backup"];
    let kept = ["000000010000000000000005", "000000020000000000000006", "00000002.history"];
    for name in old.iter().chain(&kept) {
        wal.keep(&named(name), name.as_bytes()).await.unwrap();
    }
    // A worker was killed while it kept this.
    fs::write(wal_file(&scratch, ".000000010000000000000003.0011223344556677.unfinished"), "half").unwrap();
    let first = named("000000020000000000000005");
    assert_eq!(wal.remove_before(&first).await.unwrap(), 4);
    assert_eq!(wal.remove_before(&first).await.unwrap(), 0);
    for name in old {
        assert!(!wal.has(&named(name)).await.unwrap(), "{name}");
    }
    for name in kept {
        assert_eq!(wal.fetch(&named(name)).await.unwrap().as_deref(), Some(name.as_bytes()));
    }
}

#[tokio::test]
async fn the_timelines_of_which_anything_is_kept_are_known_by_the_names_of_files() {
    let scratch = Scratch::new();
    let wal = scratch.shelf(key()).wal(&main_server());
    assert!(wal.timelines().await.unwrap().is_empty());
    for name in [SEGMENT, "0000000B.history", "0000000A00000000000000AB.partial"] {
        wal.keep(&named(name), b"WAL").await.unwrap();
    }
    std::fs::write(wal_file(&scratch, ".0000000C.history.ab.unfinished"), "half a file").unwrap();
    assert_eq!(wal.timelines().await.unwrap().into_iter().collect::<Vec<_>>(), [9, 10, 11]);
}

#[tokio::test]
async fn a_store_that_is_not_there_is_not_taken_for_the_end_of_the_wal() {
    let scratch = Scratch::new();
    let away = Shelf::new(Store::Folder(scratch.0.join("not mounted")), key(), Entropy::system()).wal(&main_server());
    let failed = away.fetch(&named(SEGMENT)).await.unwrap_err();
    assert!(!failed.is_final() && failed.to_string().contains("looking for its folder"), "{failed}");
    assert!(away.keep(&named(SEGMENT), b"wal").await.is_err());
}

#[tokio::test]
async fn what_servers_and_workers_share_is_their_groups_and_nobody_elses() {
    let scratch = Scratch::new();
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    scratch.shelf(key()).wal(&main_server()).keep(&named(SEGMENT), b"wal").await.unwrap();
    assert_eq!((mode(wal_file(&scratch, "")), mode(wal_file(&scratch, SEGMENT))), (0o2770, 0o660));
    let manifest = kept(&scratch.shelf(key()), place(1, 1), b"of melati").await;
    assert_eq!((mode(scratch.file(place(1, 1), "")), mode(scratch.file(place(1, 1), &manifest.data))), (0o700, 0o600));
}

fn base_place(server: &str, base: u128) -> BasePlace {
    BasePlace { server: Server::named(server).unwrap(), base: Uuid::from_u128(base) }
}

async fn copied(shelf: &Shelf, place: &BasePlace, plain: &[u8]) -> BaseManifest {
    let mut taking = shelf.take_base(place).await.unwrap();
    taking.push(plain).await.unwrap();
    let digest = taking.finish().await.unwrap();
    let manifest = BaseManifest {
        format: FORMAT,
        server: place.server.to_string(),
        base: place.base,
        server_version: 150_000,
        began_at: "2026-07-03T02:00:00Z".parse().unwrap(),
        ended_at: "2026-07-03T02:05:00Z".parse().unwrap(),
        from_wal: SEGMENT.to_owned(),
        to_wal: SEGMENT.to_owned(),
        unpacked_bytes: 900_000,
        data: digest.data,
        stored_bytes: digest.stored_bytes,
        sha256: digest.sha256,
        key_id: digest.key_id,
        data_key: digest.data_key,
    };
    shelf.vouch_base(place, &manifest).await.unwrap();
    manifest
}

async fn unpacked(shelf: &Shelf, place: &BasePlace) -> Result<Vec<u8>, VaultError> {
    let mut reading = shelf.open_base(place, &shelf.base(place).await?).await?;
    let mut plain = Vec::new();
    while let Some(next) = reading.next().await? {
        plain.extend(next);
    }
    Ok(plain)
}

#[tokio::test]
async fn a_base_backup_comes_back_as_it_was_and_at_no_other_place() {
    let scratch = Scratch::new();
    let (shelf, here, plain) = (scratch.shelf(key()), base_place("main", 1), vec![9; 500_000]);
    let manifest = copied(&shelf, &here, &plain).await;
    assert_eq!(shelf.base(&here).await.unwrap(), manifest);
    assert_eq!(unpacked(&shelf, &here).await.unwrap(), plain);
    for theirs in [base_place("main", 2), base_place("second", 1)] {
        let folder = scratch.0.join(theirs.to_string());
        fs::create_dir_all(&folder).unwrap();
        for file in ["manifest", &manifest.data] {
            fs::copy(scratch.0.join(here.to_string()).join(file), folder.join(file)).unwrap();
        }
        let foreign = unpacked(&shelf, &theirs).await;
        assert!(matches!(foreign, Err(VaultError::Refused(Refused::ForeignBase { .. }))), "{foreign:?}");
        let opened = shelf.open_base(&theirs, &manifest).await.err();
        assert!(matches!(opened, Some(VaultError::Refused(Refused::Forged))), "{opened:?}");
    }
    let other_key = unpacked(&scratch.shelf(Key::new([8; 32])), &here).await;
    assert!(matches!(other_key, Err(VaultError::Refused(Refused::OtherKey { .. }))), "{other_key:?}");
    let data = scratch.0.join(here.to_string()).join(&manifest.data);
    let mut bytes = fs::read(&data).unwrap();
    bytes[250_000] ^= 1;
    fs::write(&data, &bytes).unwrap();
    assert!(matches!(unpacked(&shelf, &here).await, Err(VaultError::Spoilt(_))));
    for _ in 0..2 {
        shelf.remove_base(&here).await.unwrap();
    }
    assert!(matches!(unpacked(&shelf, &here).await, Err(VaultError::Store(StoreError::Missing(_)))));
}
