//! Wide records: where they begin, what another program makes of them, and what a stranger may not say in them.
use std::fs::File;
use std::io::{ErrorKind, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;
use std::process::Command;

use hotelhub_kernel::{Entropy, hex, sha256};

use super::records::{central, descriptor, end, local};
use super::*;

const ROOMS: &str = "data/rooms.csv";

/// The first length that does not fit.
const TOO_LONG: u64 = 0xffff_ffff;

/// An entry that came to so much.
fn entry(bytes: u64, packed: u64, offset: u64) -> Entry {
    Entry { name: ROOMS.into(), bytes, sha256: [0; 32], crc: 0x0403_0201, packed, offset }
}

fn read(file: &[u8], bounds: Bounds) -> Result<Vec<Entry>, Refused> {
    let mut reader = Reader::within(bounds);
    reader.feed(file);
    reader.feed_no_more();
    while reader.next()? != Event::Over {}
    Ok(reader.entries().to_vec())
}

/// A ZIP with these entries.
fn zip(entries: &[(&str, &[u8])], bounds: Bounds) -> Vec<u8> {
    let (mut writer, mut out) = (Writer::within(bounds), Vec::new());
    for (name, plain) in entries {
        out.extend(writer.begin(name).unwrap());
        out.extend(writer.push(plain).unwrap());
        out.extend(writer.end().unwrap().1);
    }
    out.extend(writer.finish().unwrap());
    out
}

#[test]
fn what_fits_is_said_in_the_records_every_program_knows() {
    let (bounds, entry) = (Bounds::default(), entry(TOO_LONG - 1, 0x10, TOO_LONG - 1));
    let name = hex(ROOMS.as_bytes());
    let said = "504b0304140008080800000021000000000000000000000000000e000000";
    assert_eq!(hex(&local(ROOMS)), format!("{said}{name}"));
    assert_eq!(hex(&descriptor(&entry, &bounds)), "504b07080102030410000000feffffff");
    let said = "504b01021403140008080800000021000102030410000000feffffff0e00000000000000000000008081feffffff";
    assert_eq!(hex(&central(&entry, &bounds)), format!("{said}{name}"));
    assert_eq!(hex(&end(0xfffe, (TOO_LONG - 1, 0x20), &bounds)), "504b050600000000fefffeff20000000feffffff0000");
}

#[test]
fn what_reaches_4_gib_or_65_535_entries_is_said_in_the_wide_records() {
    let (bounds, name) = (Bounds::default(), hex(ROOMS.as_bytes()));
    let long = entry(TOO_LONG, 0x10, 0x20);
    assert_eq!(hex(&descriptor(&long, &bounds)), "504b0708010203041000000000000000ffffffff00000000");
    let said = "504b01022d032d00080808000000210001020304ffffffffffffffff0e001c0000000000000000008081ffffffff";
    let extra = "01001800ffffffff0000000010000000000000002000000000000000";
    assert_eq!(hex(&central(&long, &bounds)), format!("{said}{name}{extra}"));
    for wide in [entry(0x10, TOO_LONG, 0x20), entry(0x10, 0x10, TOO_LONG), entry(7 << 32, 5 << 32, 9 << 32)] {
        assert_eq!((descriptor(&wide, &bounds).len(), central(&wide, &bounds).len()), (24, 46 + ROOMS.len() + 28));
        let told = [wide.bytes, wide.packed, wide.offset].map(u64::to_le_bytes).concat();
        assert!(central(&wide, &bounds).ends_with(&told), "{wide:?}");
    }
    let said = "504b06062c000000000000002d032d000000000000000000ffff000000000000ffff000000000000\
                20000000000000004000000000000000504b06070000000060000000000000000100000\
                0504b050600000000ffffffffffffffffffffffff0000";
    assert_eq!(hex(&end(0xffff, (0x40, 0x20), &bounds)), said);
    assert_eq!(end(1, (TOO_LONG, 0x20), &bounds).len(), 98);
    assert_eq!(end(1, (0x20, TOO_LONG), &bounds).len(), 98);
}

#[test]
fn an_entry_behind_5_gib_is_found_where_it_is() {
    let behind = Bounds { begins: 5 * GIB, ..Bounds::default() };
    let file = zip(&[("data/a.csv", b"id\n"), ("data/b.csv", b"id\n7\n")], behind);
    let entries = read(&file, behind).unwrap();
    assert_eq!(entries.iter().map(|entry| entry.offset).collect::<Vec<_>>(), [5 * GIB, 5 * GIB + 69]);
    assert!(matches!(read(&file, Bounds::default()), Err(Refused::Damaged(_))));
    for place in file.len() - 400..file.len() {
        let mut changed = file.clone();
        changed[place] ^= 1 << (place % 8);
        let is_seen = !matches!(read(&changed, behind), Ok(found) if found == entries);
        assert!(is_seen || is_past_the_last_code(&file, place), "a bit at {place} of {}", file.len());
    }
}

/// Behind the last code of an entry are up to seven bits that mean nothing.
fn is_past_the_last_code(file: &[u8], place: usize) -> bool {
    file[place + 1..].starts_with(b"PK\x07\x08")
}

/// As many empty entries.
fn many(count: u64, bounds: &Bounds) -> Vec<u8> {
    const NOTHING: [u8; 2] = [3, 0];
    let (mut out, mut entries) = (Vec::new(), Vec::new());
    for number in 0..count {
        let (name, offset) = (format!("data/{number}.csv"), out.len() as u64);
        let entry = Tally { packed: NOTHING.len() as u64, ..Tally::default() }.entry(name.into(), offset);
        out.extend([&local(&entry.name)[..], &NOTHING, &descriptor(&entry, bounds)].concat());
        entries.push(entry);
    }
    let begins = out.len() as u64;
    out.extend(entries.iter().flat_map(|entry| central(entry, bounds)));
    let length = out.len() as u64 - begins;
    out.extend(end(count, (begins, length), bounds));
    out
}

#[test]
fn more_than_65_535_entries_are_read_and_no_more_than_may_be() {
    let bounds = Bounds::default();
    assert_eq!(read(&many(66_000, &bounds), bounds).map(|entries| entries.len()), Ok(66_000));
    let few = Bounds { entries: 9, ..bounds };
    assert_eq!(read(&many(9, &few), few).map(|entries| entries.len()), Ok(9));
    assert_eq!(read(&many(10, &few), few), Err(Refused::Foreign("data/9.csv".to_owned())));
}

#[test]
fn a_wide_record_that_lies_is_refused_and_nothing_is_kept_room_for() {
    let wide = Bounds { wide_lengths: 20, wide_entries: 2, ..Bounds::default() };
    let long = "melati, ".repeat(90);
    let file = zip(&[("data/a.csv", long.as_bytes()), ("data/b.csv", long.as_bytes())], wide);
    assert_eq!(read(&file, wide).map(|entries| entries.len()), Ok(2));
    let place = |word: u32| file.windows(4).position(|bytes| bytes == word.to_le_bytes()).unwrap();
    let said = |at: usize, number: u64| {
        let mut file = file.clone();
        file[at..at + 8].copy_from_slice(&number.to_le_bytes());
        read(&file, wide)
    };
    let (what_follows, directory) = (place(0x0807_4b50), place(records::CENTRAL));
    let (wide_end, locator) = (place(0x0606_4b50), place(0x0706_4b50));
    for huge in [u64::MAX, 1 << 60, 1 << 32, 0] {
        for at in [what_follows + 8, what_follows + 16] {
            assert_eq!(said(at, huge), Err(Refused::Damaged("data/a.csv".to_owned())), "{huge} at {at}");
        }
        let extra = directory + 46 + "data/a.csv".len() + 4;
        let in_end = [4, 24, 32, 40, 48].map(|at| wide_end + at);
        for at in [extra, extra + 8].into_iter().chain(in_end).chain([locator + 8]) {
            assert_eq!(said(at, huge), Err(Refused::Directory), "{huge} at {at}");
        }
    }
    // The second entry's offset names the first: two names of one entry.
    assert_eq!(said(wide_end - 8, 0), Err(Refused::Directory));
}

/// A folder that is gone afterwards.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Scratch {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("hotelhub-zip-{}", hex(&Entropy::system().bytes::<8>())));
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    /// What Python's `zipfile` finds in an archive that begins behind so many bytes nobody ever wrote; nothing where there is no Python.
    fn seen_by_python(&self, archive: &[u8], begins: u64) -> Option<String> {
        let path = self.0.join("melati.zip");
        let mut file = File::create(&path).unwrap();
        file.seek(SeekFrom::Start(begins)).unwrap();
        file.write_all(archive).unwrap();
        drop(file);
        let seen = match Command::new("python3").args(["-c", READS]).arg(&path).output() {
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            seen => seen.unwrap(),
        };
        assert!(seen.status.success(), "{}", String::from_utf8_lossy(&seen.stderr));
        Some(String::from_utf8(seen.stdout).unwrap())
    }
}

/// Says of each entry its name, the version it needs, where it is, how long it is, and the checksum of its bytes.
const READS: &str = "
import hashlib, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    assert archive.testzip() is None
    for entry in archive.infolist():
        digest = hashlib.sha256(archive.read(entry)).hexdigest()
        print(entry.filename, entry.extract_version, entry.header_offset, entry.file_size, digest)
";

#[test]
fn another_program_reads_a_wide_archive() {
    let (scratch, plain) = (Scratch::new(), Bounds::default());
    let long: Vec<u8> = (0..9_000_u32).flat_map(|number| format!("{number},{}\n", number % 97).into_bytes()).collect();
    let entries = [("data/guests.csv", long.as_slice()), ("data/empty.csv", b""), (ROOMS, b"id\n7\n")];
    for (bounds, needed) in [
        (plain, [20, 20, 20]),
        (Bounds { wide_lengths: 4_000, wide_entries: 3, ..plain }, [45, 45, 45]),
        (Bounds { wide_lengths: 60_000, wide_entries: 2, ..plain }, [45, 20, 20]),
        (Bounds { begins: 5 * GIB, ..plain }, [45, 45, 45]),
    ] {
        let file = zip(&entries, bounds);
        let offsets: Vec<u64> = read(&file, bounds).unwrap().iter().map(|entry| entry.offset).collect();
        let Some(seen) = scratch.seen_by_python(&file, bounds.begins) else { return };
        let expected = entries.iter().zip(needed).zip(offsets).map(|(((name, plain), needed), offset)| {
            format!("{name} {needed} {offset} {} {}\n", plain.len(), hex(&sha256(plain)))
        });
        assert_eq!(seen, expected.collect::<String>(), "{bounds:?}");
    }
}
