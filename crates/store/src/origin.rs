//! Where a store is, as a setting says it, and what an S3 service is shown.
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use hotelhub_kernel::Secret;
use thiserror::Error;

use crate::Store;
use crate::bucket::Bucket;

/// Where a store is: `file:///var/backups/hotelhub` or `s3://bucket/prefix`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A folder of this machine, or one that a network disk shows there.
    Folder(PathBuf),
    /// A bucket of an S3 service.
    Bucket {
        /// Its name.
        name: String,
        /// What the names of all objects begin with; may be empty.
        prefix: String,
    },
}

/// Which S3 service, and who asks it.
#[derive(Clone, Debug)]
pub struct S3Access {
    /// Its address, `https://s3.example.com`; Amazon's own of the region when absent.
    pub endpoint: Option<String>,
    /// The region that requests are signed for.
    pub region: String,
    /// The access key's id.
    pub key_id: String,
    /// The access key.
    pub secret: Secret<String>,
}

/// Why there is no store of this description.
#[derive(Debug, Error)]
pub enum BadStore {
    /// A bucket was named, and nobody to ask for it.
    #[error("a store in a bucket needs an access key: its id and its secret")]
    NoAccess,
    /// The service's address or the bucket's name is not understood.
    #[error("the bucket cannot be asked: {0}")]
    Unusable(String),
}

impl FromStr for Origin {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        if let Some(path) = url.strip_prefix("file://").filter(|path| path.starts_with('/')) {
            return Ok(Self::Folder(PathBuf::from(path)));
        }
        let place = url.strip_prefix("s3://").map(|place| place.split_once('/').unwrap_or((place, "")));
        match place.filter(|(name, _)| is_bucket(name)) {
            Some((name, prefix)) => {
                Ok(Self::Bucket { name: name.to_owned(), prefix: prefix.trim_matches('/').to_owned() })
            }
            None => Err("a store is a folder, file:///var/backups/hotelhub, or a bucket, s3://name/prefix".to_owned()),
        }
    }
}

/// Names of buckets, after Amazon S3's rules for them: 3 to 63 small letters, digits, dots and hyphens.
fn is_bucket(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
    (3..=63).contains(&name.len()) && name.bytes().all(fits)
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(root) => write!(f, "file://{}", root.display()),
            Self::Bucket { name, prefix } if prefix.is_empty() => write!(f, "s3://{name}"),
            Self::Bucket { name, prefix } => write!(f, "s3://{name}/{prefix}"),
        }
    }
}

impl Origin {
    /// The store that is there. Nobody is asked yet.
    ///
    /// # Errors
    /// When it is in a bucket, and without an access key or at an address that is none.
    pub fn open(&self, access: Option<&S3Access>) -> Result<Store, BadStore> {
        match self {
            Self::Folder(root) => Ok(Store::Folder(root.clone())),
            Self::Bucket { name, prefix } => {
                Ok(Store::Bucket(Bucket::open(name, prefix, access.ok_or(BadStore::NoAccess)?)?))
            }
        }
    }
}
