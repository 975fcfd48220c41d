//! The one place where tests read the environment.

/// The administrator's DSN of the test server.
pub fn postgres() -> String {
    needed("HOTELHUB_TEST_POSTGRES")
}

/// The URL of the test Redis.
pub fn redis() -> String {
    needed("HOTELHUB_TEST_REDIS")
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
