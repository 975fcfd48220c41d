//! An export on its way out: entry after entry, then the manifest.
use hotelhub_kernel::hex;

use crate::TooLarge;
use crate::manifest::{Contents, FORMAT, MANIFEST, Manifest, Part, README, longest};
use crate::zip::{Bounds, Writer};

/// What people find who open the file.
const TOLD: &str = "\
HotelHub: seluruh data hotel / all data of a hotel

data/*.csv     satu tabel per berkas, UTF-8, koma, baris pertama nama kolom; kosong tanpa tanda kutip berarti tidak ada nilai
               one table each, UTF-8, commas, column names first; empty without quotes means no value
manifest.json  isi, jumlah baris, panjang dan SHA-256 setiap berkas
               what is in it: rows, length and SHA-256 of each file

Uang dalam rupiah bulat, waktu dalam UTC. Kata sandi, sesi, dan surat yang menunggu tidak ikut.
Money is whole rupiah, time is UTC. Passwords, sessions and letters that wait are not in it.
Masukkan kembali / take it in again: hotelhub import FILE, hotelhub-control tenants import FILE
";

/// Packs an export. Each call says what is to be written next; nothing is to be written twice.
pub struct Packing {
    zip: Writer,
    contents: Contents,
    parts: Vec<Part>,
}

impl Packing {
    /// Of these contents.
    pub fn new(contents: Contents) -> Self {
        Self::within(contents, Bounds::default())
    }

    /// Packs nothing beyond these bounds.
    pub(crate) fn within(contents: Contents, bounds: Bounds) -> Self {
        Self { zip: Writer::within(bounds), contents, parts: Vec::new() }
    }

    /// What tells people what the file is.
    ///
    /// # Errors
    /// Never where it comes first.
    pub fn introduce(&mut self) -> Result<Vec<u8>, TooLarge> {
        let mut out = self.begin(README)?;
        out.extend(self.push(TOLD.as_bytes())?);
        out.extend(self.end(None)?);
        Ok(out)
    }

    /// Begins an entry.
    ///
    /// # Errors
    /// When the file grows too long.
    pub fn begin(&mut self, name: &str) -> Result<Vec<u8>, TooLarge> {
        self.zip.begin(name)
    }

    /// Goes on with it.
    ///
    /// # Errors
    /// When the file grows too long.
    pub fn push(&mut self, plain: &[u8]) -> Result<Vec<u8>, TooLarge> {
        self.zip.push(plain)
    }

    /// Ends it, and says how many rows it has if it is a table.
    ///
    /// # Errors
    /// When the entry or the file grew too long.
    pub fn end(&mut self, rows: Option<u64>) -> Result<Vec<u8>, TooLarge> {
        let (entry, out) = self.zip.end()?;
        self.parts.push(Part { name: entry.name.to_string(), bytes: entry.bytes, sha256: hex(&entry.sha256), rows });
        Ok(out)
    }

    /// The manifest and the end.
    ///
    /// # Errors
    /// When the file grew too long.
    pub fn finish(mut self) -> Result<(Manifest, Vec<u8>), TooLarge> {
        let manifest = Manifest { format: FORMAT, contents: self.contents, parts: self.parts };
        let text = serde_json::to_vec_pretty(&manifest).expect("a manifest is text and numbers");
        if text.len() > longest(manifest.parts.len()) {
            return Err(TooLarge);
        }
        let mut out = self.zip.begin(MANIFEST)?;
        out.extend(self.zip.push(&text)?);
        out.extend(self.zip.end()?.1);
        out.extend(self.zip.finish()?);
        Ok((manifest, out))
    }
}
