//! The one place where tests read the environment.
use std::path::PathBuf;

/// The administrator's DSN of the test server.
pub fn postgres() -> String {
    needed("HOTELHUB_TEST_POSTGRES")
}

/// The URL of the test Redis.
pub fn redis() -> String {
    needed("HOTELHUB_TEST_REDIS")
}

/// The folder of the built programs.
pub fn programs() -> PathBuf {
    needed("HOTELHUB_BIN_DIR").into()
}

/// The project's tool, built: it holds private servers.
pub fn xtask() -> PathBuf {
    needed("HOTELHUB_XTASK").into()
}

/// The S3 service, `http://key:secret@host:port` with a bucket `hotelhub`; nothing where none could be had.
pub fn s3() -> Option<String> {
    read("HOTELHUB_TEST_S3")
}

/// A folder for logs and state, thrown away after the run.
pub fn folder() -> PathBuf {
    needed("HOTELHUB_TEST_DIR").into()
}

/// The browser's driver.
pub fn chromedriver() -> PathBuf {
    needed("HOTELHUB_TEST_CHROMEDRIVER").into()
}

/// Whether hotels of a control plane share databases in this run: `HOTELHUB_TEST_PLACEMENT=schema`.
pub fn in_schemas() -> bool {
    match read("HOTELHUB_TEST_PLACEMENT").as_deref() {
        None | Some("database") => false,
        Some("schema") => true,
        Some(other) => panic!("HOTELHUB_TEST_PLACEMENT is `database` or `schema`, not {other:?}"),
    }
}

/// Whether scratch databases stay for a look: `KEEP=1`.
pub fn keep() -> bool {
    read("KEEP").is_some_and(|value| value == "1")
}

fn needed(name: &str) -> String {
    read(name).unwrap_or_else(|| {
        panic!("{name} is not set: run `cargo xtask test`, which starts the servers that tests need")
    })
}

fn read(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "tests have no main that could read settings")]
    let value = std::env::var(name).ok();
    value.filter(|text| !text.is_empty())
}
