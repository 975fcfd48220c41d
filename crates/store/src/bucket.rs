//! A bucket of an S3 service as a store: small objects in one call, long ones in parts that are joined at the end.
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{
    ClientOptions, Error, GetOptions, GetRange, MultipartUpload, ObjectStore as _, ObjectStoreExt as _, PutPayload,
    RetryConfig,
};

use crate::{BadStore, S3Access, Spot, StoreError};

/// The first parts' length: S3 takes none below 5 MiB but the last.
const PART: usize = 8 * 1024 * 1024;

/// After so many parts they are twice as long: S3 joins 10,000 at most.
const PARTS_OF_A_LENGTH: u32 = 1_000;

/// They double so often, to 128 MiB: one is held in memory, and ten thousand have 850 GiB.
const DOUBLED: u32 = 4;

/// How long it may take until an answer begins, which is after a part was sent: the longest in ten megabits a second.
const SILENCE: Duration = Duration::from_secs(120);

/// For how long a call, and the reading of what it answers, is tried again when it breaks off.
const PATIENCE: Duration = Duration::from_secs(900);

/// A bucket, or what in it begins with a prefix.
#[derive(Clone, Debug)]
pub struct Bucket {
    service: Arc<AmazonS3>,
    prefix: String,
}

/// An object on its way into a bucket. Dropped, what was sent of it is thrown away; of one whose process was killed the parts stay, unseen,
/// until the bucket's rule for unfinished uploads removes them.
pub(crate) struct BucketWriting {
    service: Arc<AmazonS3>,
    path: Path,
    waiting: Vec<u8>,
    upload: Option<Box<dyn MultipartUpload>>,
    parts: u32,
}

/// An object on its way out of a bucket.
pub(crate) struct BucketReading(BoxStream<'static, object_store::Result<Bytes>>);

fn failed(doing: &'static str) -> impl Fn(Error) -> StoreError {
    move |error| StoreError::Io { doing, source: std::io::Error::other(error) }
}

impl Bucket {
    pub(crate) fn open(name: &str, prefix: &str, access: &S3Access) -> Result<Self, BadStore> {
        let client = ClientOptions::new()
            .with_connect_timeout(Duration::from_secs(5))
            .with_read_timeout(SILENCE)
            .with_timeout_disabled()
            .with_allow_http(true);
        let retry = RetryConfig { max_retries: 6, retry_timeout: PATIENCE, ..RetryConfig::default() };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(name)
            .with_region(&access.region)
            .with_access_key_id(&access.key_id)
            .with_secret_access_key(access.secret.expose())
            .with_client_options(client)
            .with_retry(retry);
        if let Some(endpoint) = &access.endpoint {
            builder = builder.with_endpoint(endpoint.trim_end_matches('/'));
        }
        let service = builder.build().map_err(|error| BadStore::Unusable(error.to_string()))?;
        Ok(Self { service: Arc::new(service), prefix: prefix.to_owned() })
    }

    pub(crate) fn write(&self, spot: &Spot, name: &str) -> BucketWriting {
        let (service, path) = (self.service.clone(), self.at(spot).join(name));
        BucketWriting { service, path, waiting: Vec::new(), upload: None, parts: 0 }
    }

    pub(crate) async fn read(&self, spot: &Spot, name: &str, byte: u64) -> Result<BucketReading, StoreError> {
        // No range can be asked of what is empty.
        let wanted = GetOptions::new().with_range((byte > 0).then_some(GetRange::Offset(byte)));
        match self.service.get_opts(&self.at(spot).join(name), wanted).await {
            Ok(found) => Ok(BucketReading(found.into_stream())),
            Err(Error::NotFound { .. }) => Err(StoreError::Missing(format!("{}/{name}", spot.path))),
            Err(error) => Err(failed("reading an object")(error)),
        }
    }

    pub(crate) async fn names(&self, spot: &Spot) -> Result<Vec<String>, StoreError> {
        let listed = self.service.list_with_delimiter(Some(&self.at(spot))).await.map_err(failed("listing objects"))?;
        Ok(listed.objects.iter().filter_map(|object| object.location.filename()).map(str::to_owned).collect())
    }

    pub(crate) async fn must_be_there(&self) -> Result<(), StoreError> {
        // The first page of names says so, whatever it holds.
        let first = self.service.list(Some(&Path::from(self.prefix.as_str()))).next().await.transpose();
        first.map(drop).map_err(failed("looking for the bucket"))
    }

    pub(crate) async fn remove_one(&self, spot: &Spot, name: &str) -> Result<(), StoreError> {
        match self.service.delete(&self.at(spot).join(name)).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed("removing an object")(error)),
        }
    }

    pub(crate) async fn remove(&self, spot: &Spot) -> Result<(), StoreError> {
        let found = self.service.list(Some(&self.at(spot))).map_ok(|object| object.location).boxed();
        let gone = self.service.delete_stream(found);
        let is_trouble = |end: &object_store::Result<Path>| !matches!(end, Ok(_) | Err(Error::NotFound { .. }));
        match gone.filter(|end| std::future::ready(is_trouble(end))).boxed().next().await {
            Some(Err(error)) => Err(failed("removing objects")(error)),
            _ => Ok(()),
        }
    }

    fn at(&self, spot: &Spot) -> Path {
        Path::from(format!("{}/{}", self.prefix, spot.path))
    }
}

impl BucketWriting {
    pub(crate) async fn push(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.waiting.extend_from_slice(bytes);
        while self.waiting.len() >= self.part() {
            let rest = self.waiting.split_off(self.part());
            let part = std::mem::replace(&mut self.waiting, rest);
            self.send(part).await?;
        }
        Ok(())
    }

    pub(crate) async fn finish(mut self) -> Result<(), StoreError> {
        let rest = std::mem::take(&mut self.waiting);
        if self.upload.is_none() {
            self.service.put(&self.path, rest.into()).await.map_err(failed("writing an object"))?;
            return Ok(());
        }
        if !rest.is_empty() {
            self.send(rest).await?;
        }
        if let Some(upload) = &mut self.upload {
            upload.complete().await.map_err(failed("joining the parts of an object"))?;
        }
        self.upload = None;
        Ok(())
    }

    async fn send(&mut self, part: Vec<u8>) -> Result<(), StoreError> {
        let upload = match &mut self.upload {
            Some(upload) => upload,
            none => {
                let begun = self.service.put_multipart(&self.path).await;
                none.insert(begun.map_err(failed("beginning an object"))?)
            }
        };
        self.parts += 1;
        upload.put_part(PutPayload::from(part)).await.map_err(failed("writing a part of an object"))
    }

    fn part(&self) -> usize {
        PART << (self.parts / PARTS_OF_A_LENGTH).min(DOUBLED)
    }
}

impl Drop for BucketWriting {
    fn drop(&mut self) {
        let (Some(mut upload), Ok(runtime)) = (self.upload.take(), tokio::runtime::Handle::try_current()) else {
            return;
        };
        runtime.spawn(async move { upload.abort().await });
    }
}

impl BucketReading {
    pub(crate) async fn next(&mut self) -> Result<Vec<u8>, StoreError> {
        loop {
            match self.0.try_next().await.map_err(failed("reading an object"))? {
                Some(bytes) if bytes.is_empty() => {}
                Some(bytes) => return Ok(bytes.into()),
                None => return Ok(Vec::new()),
            }
        }
    }
}
