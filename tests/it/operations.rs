//! What those who run the house ask of its programs: that they show their settings and tell no secret.
use anyhow::{Context as _, Result, ensure};
use hotelhub_testkit::env;
use hotelhub_tests::{Process, Programs};

/// A key of 32 bytes, as settings carry it.
const KEY: &str = "UkFIQVNJQS1SQUhBU0lBLVJBSEFTSUEtUkFIQVNJQSE=";

/// What no program prints.
const SECRETS: &[&str] = &["rahasia", KEY];

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_in_effect_are_shown_without_their_secrets() -> Result<()> {
    let programs = Programs::in_folder(env::programs());
    let file = env::folder().join("secret-of-a-file");
    std::fs::create_dir_all(env::folder())?;
    std::fs::write(&file, "smtp://kurir:rahasia-berkas@mail.test:587")?;
    let file = file.to_str().context("a path of plain letters")?;
    let admins = "jkt-1=postgres://admin:rahasia-admin@db.test/postgres";
    let keys = format!("jkt-1={KEY}");
    let node = [
        ("APP_MODE", "saas"),
        ("HOTELHUB_NODE_TOKEN", "rahasia-token"),
        ("HOTELHUB_FEED_PUBLIC_KEY", "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="),
        ("HOTELHUB_CLUSTER_KEYS", &keys),
        ("HOTELHUB_CLUSTER_ADMINS", admins),
        ("HOTELHUB_NODE_SECRET", KEY),
        ("HOTELHUB_SMTP_URL_FILE", file),
        ("HOTELHUB_REDIS_URL", "redis://:rahasia-redis@cache.test:6379"),
    ];
    let control = [
        ("CENTRAL_DATABASE_URL", "postgres://pusat:rahasia-pusat@db.test/central"),
        ("HOTELHUB_FEED_KEY", KEY),
        ("HOTELHUB_SECRET_KEY", KEY),
        ("HOTELHUB_SMTP_URL_FILE", file),
        ("HOTELHUB_REDIS_URL", "redis://:rahasia-redis@cache.test:6379"),
    ];
    let standalone = [
        ("APP_MODE", "standalone"),
        ("DATABASE_URL", "postgres://hotel:rahasia-hotel@db.test/melati"),
        ("HOTELHUB_OWNER_PASSWORD", "rahasia-pemilik"),
    ];
    shown(&programs, "hotelhub", &node).await?;
    shown(&programs, "hotelhub-control", &control).await?;
    shown(&programs, "hotelhub", &standalone).await
}

/// Every setting given is named, and none of their secrets is told.
async fn shown(programs: &Programs, program: &str, given: &[(&str, &str)]) -> Result<()> {
    let env: Vec<_> = given.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let said = Process::run(&programs.path(program), &["config"], &env).await?;
    let told = SECRETS.iter().find(|secret| said.contains(**secret));
    ensure!(told.is_none(), "{program} tells {told:?}:\n{said}");
    let named = |name: &str| said.contains(name.trim_end_matches("_FILE"));
    let missing: Vec<_> = given.iter().map(|(name, _)| *name).filter(|name| !named(name)).collect();
    ensure!(missing.is_empty(), "{program} does not name {missing:?}:\n{said}");
    Ok(())
}
