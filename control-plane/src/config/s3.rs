//! Who asks for buckets of an S3 service, and where.
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use hotelhub_kernel::Secret;
use hotelhub_store::S3Access;

use super::{resolve, secret};

/// The S3 service that has the buckets named.
#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(super) struct S3Flags {
    /// The S3 service that has the buckets named, as in `https://s3.example.com`; Amazon's own of the region when absent.
    #[arg(long, env = "HOTELHUB_S3_ENDPOINT")]
    s3_endpoint: Option<String>,
    /// The region that requests to the S3 service are signed for.
    #[arg(long, env = "HOTELHUB_S3_REGION", default_value = "us-east-1")]
    s3_region: String,
    /// The id of the access key to the buckets.
    #[arg(long, env = "HOTELHUB_S3_KEY_ID")]
    s3_key_id: Option<String>,
    /// The access key to the buckets. For HOTELHUB_ROUTES_STORE it need do no more than write and read what lies under `routes/`.
    #[arg(long, env = "HOTELHUB_S3_SECRET", hide_env_values = true, value_parser = secret)]
    s3_secret: Option<Secret<String>>,
    /// A file that holds the same.
    #[arg(long, env = "HOTELHUB_S3_SECRET_FILE")]
    s3_secret_file: Option<PathBuf>,
}

impl S3Flags {
    /// The access that is given, if it is.
    pub(super) fn access(self) -> Result<Option<S3Access>> {
        let secret = resolve("HOTELHUB_S3_SECRET", self.s3_secret, self.s3_secret_file.as_deref())?;
        let (endpoint, region) = (self.s3_endpoint, self.s3_region);
        Ok(self.s3_key_id.zip(secret).map(|(key_id, secret)| S3Access { endpoint, region, key_id, secret }))
    }
}
