//! Where an export's bytes go, and where they come from: a file, sealed with a passphrase or not, or the exchange.
use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use hotelhub_export::{Opening, Refused, Sealing, is_sealed};
use hotelhub_kernel::{Entropy, Secret};
use hotelhub_vault::{Digest, Place, Reading, Shelf, Taking};
use tokio::fs::{self, File, OpenOptions};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::ExportError;

/// Bytes read at once.
const AT_ONCE: usize = 256 * 1024;

/// What an export is written to. It is there under its name when [`Outlet::finish`] says so.
pub(crate) struct Outlet {
    to: Target,
    sealing: Option<Sealing>,
}

enum Target {
    /// A file that has another name until then.
    File { file: File, unfinished: PathBuf, finished: PathBuf },
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

fn during(doing: &'static str) -> impl Fn(std::io::Error) -> ExportError {
    move |source| ExportError::File { doing, source }
}

impl Outlet {
    /// A new file, its owner's alone. One that is there already is left alone.
    pub(crate) async fn file(
        path: &Path,
        passphrase: Option<&Secret<String>>,
        entropy: &Entropy,
    ) -> Result<Self, ExportError> {
        if fs::try_exists(path).await.map_err(during("looking for the file"))? {
            let there = std::io::Error::new(std::io::ErrorKind::AlreadyExists, path.display().to_string());
            return Err(during("making the file")(there));
        }
        let mut name = path.file_name().unwrap_or_default().to_os_string();
        name.push(".unfinished");
        let unfinished = path.with_file_name(name);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(&unfinished).await.map_err(during("making the file"))?;
        let mut sealing = None;
        if let Some(passphrase) = passphrase {
            let (begun, head) = Sealing::begin(passphrase, entropy);
            file.write_all(&head).await.map_err(during("writing the file"))?;
            sealing = Some(begun);
        }
        Ok(Self { to: Target::File { file, unfinished, finished: path.to_owned() }, sealing })
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
            Target::File { mut file, unfinished, finished } => {
                file.flush().await.map_err(during("writing the file"))?;
                file.sync_all().await.map_err(during("writing the file"))?;
                fs::rename(&unfinished, &finished).await.map_err(during("naming the file"))?;
                Ok(None)
            }
        }
    }
}

impl Target {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), ExportError> {
        match self {
            Self::File { file, .. } => file.write_all(bytes).await.map_err(during("writing the file")),
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
