//! Where an export's bytes go, and where they come from: a file, sealed with a passphrase or not, or the exchange.
use std::collections::VecDeque;
use std::io::{Error, ErrorKind};
use std::path::Path;

use hotelhub_export::{Opening, Refused, Sealing, is_sealed};
use hotelhub_kernel::{Entropy, Secret, hex};
use hotelhub_store::{Spot, Store, Writing};
use hotelhub_vault::{Digest, Place, Reading, Shelf, Taking};
use tokio::fs::{self, File};
use tokio::io::AsyncReadExt as _;

use super::ExportError;
use crate::progress;

/// Bytes read at once.
const AT_ONCE: usize = 256 * 1024;

/// What an export is written to. It is there under its name when [`Outlet::finish`] says so.
pub(crate) struct Outlet {
    to: Target,
    sealing: Option<Sealing>,
}

enum Target {
    /// A file that has another name until then, which nobody can foresee; it goes when it is not finished.
    File(Writing),
    /// The exchange.
    Shelf(Box<Taking>),
}

/// What an export is read from.
pub(crate) struct Inlet {
    from: Source,
    opening: Option<Opening>,
}

enum Source {
    File(File),
    /// Pieces in the exchange: the one that is being read, and those that follow.
    Shelf {
        shelf: Shelf,
        open: Option<Box<Reading>>,
        next: VecDeque<Place>,
    },
}

fn during(doing: &'static str) -> impl Fn(Error) -> ExportError {
    move |source| ExportError::File { doing, source }
}

impl Outlet {
    /// A new file, its owner's alone. One that is there already is left alone.
    pub(crate) async fn file(
        path: &Path,
        passphrase: Option<&Secret<String>>,
        entropy: &Entropy,
    ) -> Result<Self, ExportError> {
        let making = during("making the file");
        if fs::try_exists(path).await.map_err(during("looking for the file"))? {
            return Err(making(Error::new(ErrorKind::AlreadyExists, path.display().to_string())));
        }
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| making(Error::new(ErrorKind::InvalidInput, "its name is no text")))?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let unfinished = format!(".{}.unfinished", hex(&entropy.bytes::<12>()));
        let folder = Store::Folder(folder.to_owned());
        let mut file = folder.write_by_way_of(Spot::own("."), name, &unfinished).await?;
        let mut sealing = None;
        if let Some(passphrase) = passphrase {
            let (begun, head) = Sealing::begin(passphrase, entropy);
            file.push(&head).await?;
            sealing = Some(begun);
        }
        Ok(Self { to: Target::File(file), sealing })
    }

    /// A place in the exchange.
    pub(crate) fn shelf(taking: Taking) -> Self {
        Self { to: Target::Shelf(Box::new(taking)), sealing: None }
    }

    /// Adds bytes.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<(), ExportError> {
        match &mut self.sealing {
            Some(sealing) => self.to.write(&sealing.push(bytes)?).await,
            None => self.to.write(bytes).await,
        }
    }

    /// Makes it lasting, then lets it be there; what lies in the exchange is told, and counts when it was vouched for.
    pub(crate) async fn finish(mut self) -> Result<Option<Digest>, ExportError> {
        if let Some(sealing) = self.sealing.take() {
            self.to.write(&sealing.finish()?).await?;
        }
        match self.to {
            Target::Shelf(taking) => Ok(Some(taking.finish().await?)),
            Target::File(file) => {
                file.finish().await?;
                Ok(None)
            }
        }
    }
}

impl Target {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), ExportError> {
        progress::made();
        match self {
            Self::File(file) => Ok(file.push(bytes).await?),
            Self::Shelf(taking) => Ok(taking.push(bytes).await?),
        }
    }
}

impl Source {
    /// The next bytes; none at the end.
    async fn read(&mut self) -> Result<Vec<u8>, ExportError> {
        match self {
            Self::File(file) => {
                let mut bytes = Vec::with_capacity(AT_ONCE);
                let mut part = file.take(AT_ONCE as u64);
                part.read_to_end(&mut bytes).await.map_err(during("reading the file"))?;
                Ok(bytes)
            }
            Self::Shelf { shelf, open, next } => loop {
                let mut reading = if let Some(reading) = open.take() {
                    reading
                } else {
                    let Some(place) = next.pop_front() else { return Ok(Vec::new()) };
                    Box::new(shelf.open(&shelf.manifest(place).await?).await?)
                };
                let Some(bytes) = reading.next().await? else { continue };
                *open = Some(reading);
                if !bytes.is_empty() {
                    return Ok(bytes);
                }
            },
        }
    }
}

impl Inlet {
    /// An export in a file.
    pub(crate) async fn file(path: &Path, passphrase: Option<&Secret<String>>) -> Result<Self, ExportError> {
        let opening_it = during("opening the file");
        let mut file = File::open(path).await.map_err(&opening_it)?;
        let mut beginning = Vec::new();
        (&mut file).take(64).read_to_end(&mut beginning).await.map_err(&opening_it)?;
        let opening = match (is_sealed(&beginning), passphrase) {
            (true, Some(passphrase)) => Some(Opening::new(passphrase.clone())),
            (true, None) => return Err(Refused::Sealed.into()),
            (false, Some(_)) => return Err(Refused::Open.into()),
            (false, None) => None,
        };
        let file = File::open(path).await.map_err(&opening_it)?;
        Ok(Self { from: Source::File(file), opening })
    }

    /// An export in the exchange, in these pieces.
    pub(crate) fn shelf(shelf: Shelf, pieces: VecDeque<Place>) -> Self {
        Self { from: Source::Shelf { shelf, open: None, next: pieces }, opening: None }
    }

    /// The next bytes, opened; nothing at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<u8>>, ExportError> {
        loop {
            let bytes = self.from.read().await?;
            progress::made();
            let plain = match (&mut self.opening, bytes.is_empty()) {
                (None, over) => return Ok((!over).then_some(bytes)),
                (Some(opening), false) => opening.push(&bytes)?,
                (opening @ Some(_), true) => match opening.take() {
                    Some(opening) => opening.finish()?,
                    None => return Ok(None),
                },
            };
            if !plain.is_empty() || self.opening.is_none() {
                return Ok(Some(plain));
            }
        }
    }
}
