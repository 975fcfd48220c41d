//! One and the same of a folder and of a bucket.
use hotelhub_kernel::Secret;

use crate::{BadStore, Origin, S3Access, Spot, Store, StoreError};

/// A folder of a test's own, which goes with it.
struct Scratch(std::path::PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("hotelhub-store-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn store(&self) -> Store {
        format!("file://{}", self.0.display()).parse::<Origin>().unwrap().open(None).unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn put(store: &Store, spot: Spot, name: &str, bytes: &[u8]) {
    let mut writing = store.write(spot, name).await.unwrap();
    for part in bytes.chunks(300_000) {
        writing.push(part).await.unwrap();
    }
    writing.finish().await.unwrap();
}

async fn got(store: &Store, spot: Spot, name: &str) -> Result<Vec<u8>, StoreError> {
    Ok(store.read(spot, name).await?.whole(usize::MAX).await?.unwrap())
}

#[test]
fn a_store_is_named_as_a_folder_or_a_bucket_and_in_no_other_way() {
    for good in ["file:///var/backups/hotelhub", "s3://hotelhub", "s3://hotelhub.id/backups/of/2026"] {
        assert_eq!(good.parse::<Origin>().unwrap().to_string(), good);
    }
    for bad in ["", "/var/backups", "file://backups", "s3://", "s3://ab", "s3://Upper", "s3://a_b/x", "http://s3"] {
        assert!(bad.parse::<Origin>().is_err(), "{bad}");
    }
}

#[test]
fn a_bucket_without_an_access_key_is_told_before_anybody_asks_for_it() {
    let opened = "s3://hotelhub".parse::<Origin>().unwrap().open(None);
    assert!(matches!(opened, Err(BadStore::NoAccess)));
}

#[tokio::test]
async fn a_folder_keeps_objects_whole_or_not_at_all() {
    let scratch = Scratch::new("whole");
    keeps_objects_whole_or_not_at_all(&scratch.store()).await;
    assert!(std::fs::read_dir(scratch.0.join("one")).map_or(true, |left| left.count() == 0));
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_a_failure_and_not_an_empty_store() {
    let scratch = Scratch::new("gone");
    let store = scratch.store();
    std::fs::remove_dir_all(&scratch.0).unwrap();
    is_a_failure(&store).await;
}

#[tokio::test]
async fn a_bucket_keeps_objects_whole_or_not_at_all() {
    let Some(access) = access() else { return };
    keeps_objects_whole_or_not_at_all(&bucket("s3://hotelhub/tests", &access)).await;
}

#[tokio::test]
async fn a_bucket_that_is_not_there_or_not_ours_is_a_failure_and_not_an_empty_store() {
    let Some(access) = access() else { return };
    is_a_failure(&bucket("s3://no-such-bucket/tests", &access)).await;
    let stranger = S3Access { secret: Secret::new("guessed".to_owned()), ..access };
    is_a_failure(&bucket("s3://hotelhub/tests", &stranger)).await;
}

async fn keeps_objects_whole_or_not_at_all(store: &Store) {
    let (one, other) = (|| Spot::own("one/1"), || Spot::own("one/12"));
    assert!(matches!(got(store, one(), "data").await, Err(StoreError::Missing(_))));
    assert!(store.names(one()).await.unwrap().is_empty());
    store.must_be_there().await.unwrap();
    // Of several parts, with a last one that is short.
    let long: Vec<u8> = (0..20_000_003_u32).map(|n| u8::try_from(n % 251).unwrap()).collect();
    put(store, one(), "data", &long).await;
    put(store, one(), "empty", b"").await;
    put(store, other(), "data", b"of another").await;
    assert!(got(store, one(), "data").await.unwrap() == long);
    assert_eq!(got(store, one(), "empty").await.unwrap(), b"");
    for byte in [0, 1, 8 * 1024 * 1024, long.len() - 1] {
        let rest = store.read_from(one(), "data", byte as u64).await.unwrap().whole(usize::MAX).await.unwrap();
        assert!(rest.unwrap() == long[byte..], "from {byte} on");
    }
    assert!(store.read(one(), "data").await.unwrap().whole(1_000).await.unwrap().is_none(), "it is longer");

    let mut given_up = store.write(one(), "never").await.unwrap();
    given_up.push(&long).await.unwrap();
    drop(given_up);
    assert!(matches!(got(store, one(), "never").await, Err(StoreError::Missing(_))));

    put(store, one(), "data", b"anew").await;
    assert_eq!(got(store, one(), "data").await.unwrap(), b"anew");
    let mut names = store.names(one()).await.unwrap();
    names.sort();
    assert_eq!(names, ["data", "empty"]);
    for _ in 0..2 {
        store.remove_one(one(), "empty").await.unwrap();
    }
    for _ in 0..2 {
        store.remove(one()).await.unwrap();
        assert!(store.names(one()).await.unwrap().is_empty());
    }
    assert_eq!(got(store, other(), "data").await.unwrap(), b"of another", "a name that begins alike is another");
    store.remove(other()).await.unwrap();
}

async fn is_a_failure(store: &Store) {
    let spot = || Spot::own("one");
    assert!(store.names(spot()).await.is_err() && store.must_be_there().await.is_err());
    let written = match store.write(spot(), "data").await {
        Ok(mut writing) => match writing.push(b"lost").await {
            Ok(()) => writing.finish().await,
            failed => failed,
        },
        Err(failed) => Err(failed),
    };
    assert!(written.is_err());
}

fn bucket(origin: &str, access: &S3Access) -> Store {
    origin.parse::<Origin>().unwrap().open(Some(access)).unwrap()
}

/// The S3 service that a run of the tests lends, by `HOTELHUB_TEST_S3`: `http://key:secret@host:port`, with a bucket `hotelhub`.
fn access() -> Option<S3Access> {
    #[expect(clippy::disallowed_methods, reason = "the tests' own surroundings")]
    let lent = std::env::var("HOTELHUB_TEST_S3").ok()?;
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (login, host) = lent.strip_prefix("http://")?.split_once('@')?;
    let (key_id, secret) = login.split_once(':')?;
    Some(S3Access {
        endpoint: Some(format!("http://{host}")),
        region: "us-east-1".to_owned(),
        key_id: key_id.to_owned(),
        secret: Secret::new(secret.to_owned()),
    })
}
