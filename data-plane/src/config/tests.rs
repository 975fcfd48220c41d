//! What the environment says, understood or refused.
use clap::Parser as _;
use hotelhub_kernel::Key;
use hotelhub_protocol::ClusterId;
use hotelhub_web::origin::Scheme;

use super::options::{BadSettings, Cli};
use super::{Mode, Settings, as_markdown};

const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const OTHER_KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

fn parsed(arguments: &[&str]) -> Result<Cli, clap::Error> {
    Cli::try_parse_from([&["hotelhub"], arguments].concat())
}

fn read(arguments: &[&str]) -> Result<Settings, BadSettings> {
    parsed(arguments).unwrap().settings()
}

fn saas<'a>(command: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let public = "O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik=";
    let node = ["--node-token", "t", "--feed-public-key", public, "--node-secret", KEY];
    [&[command, "--mode", "saas"], node.as_slice(), more].concat()
}

#[test]
fn a_mode_names_what_it_lacks() {
    let Err(BadSettings::Missing(name)) = read(&["serve", "--mode", "standalone"]) else { panic!("it has a database") };
    assert_eq!(name, "DATABASE_URL");
    let Err(BadSettings::Missing(name)) = read(&["serve", "--mode", "saas", "--node-secret", KEY]) else {
        panic!("it has a feed")
    };
    assert_eq!(name, "HOTELHUB_FEED_PUBLIC_KEY");
}

#[test]
fn a_process_that_serves_holds_no_administrators_address() {
    let admins = ["--cluster-admins", "main=postgres://root@db/postgres"];
    assert!(matches!(read(&saas("serve", &admins)), Err(BadSettings::AdministratorInPublic)));
    assert!(read(&saas("fleet", &admins)).is_ok());
    assert!(read(&saas("serve", &[admins.as_slice(), &["--all-in-one"]].concat())).is_ok());
}

#[test]
fn keys_of_servers_are_read_by_name() {
    let keys = format!("main={KEY}, second={KEY}");
    let settings = read(&saas("work", &["--cluster-keys", &keys])).unwrap();
    let Mode::Saas(saas_settings) = settings.mode else { panic!("it is saas") };
    assert_eq!(saas_settings.cluster_keys.len(), 2);
    let turning = format!("main={KEY},second={KEY},main={OTHER_KEY}");
    let Mode::Saas(turning) = read(&saas("work", &["--cluster-keys", &turning])).unwrap().mode else { panic!("saas") };
    let ways = |id: &str| turning.cluster_keys[&ClusterId(id.to_owned())].passwords("t_1").count();
    assert_eq!((ways("main"), ways("second")), (2, 1));
    assert!(matches!(
        read(&saas("work", &["--cluster-keys", "main=short"])),
        Err(BadSettings::Wrong("HOTELHUB_CLUSTER_KEYS", _))
    ));
}

#[test]
fn a_peers_address_that_is_none_is_told_at_the_start() {
    let peers = |text: &str| parsed(&saas("serve", &["--peers", text]));
    for (text, known) in [
        ("http://10.0.0.7:9100,https://node-2.internal/", vec!["http://10.0.0.7:9100", "https://node-2.internal"]),
        ("", vec![]),
    ] {
        let Mode::Saas(saas) = peers(text).unwrap().settings().unwrap().mode else { panic!("it is saas") };
        assert_eq!(saas.peers, known);
    }
    for wrong in ["10.0.0.7:9100", "http://", "ftp://10.0.0.7", "http://10.0.0.7:9100/metrics", "http://a,b"] {
        assert!(peers(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn the_reference_names_every_variable_and_the_files_of_secrets() {
    let text = as_markdown();
    assert!(text.contains("`HOTELHUB_LISTEN`") && text.contains("`DATABASE_URL_FILE`"));
    assert!(!text.contains("HOTELHUB_LISTEN_FILE"), "it is no secret");
}

#[test]
fn a_house_alone_is_reached_without_tls_until_it_has_a_name() {
    let alone = ["serve", "--mode", "standalone", "--database-url", "postgres://localhost/melati"];
    let scheme = |more: &[&str]| read(&[alone.as_slice(), more].concat()).unwrap().public_scheme;
    assert_eq!(scheme(&[]), Scheme::Http);
    assert_eq!(scheme(&["--hosts", "melati.example"]), Scheme::Https);
    assert_eq!(scheme(&["--hosts", "melati.lan", "--public-scheme", "http"]), Scheme::Http);
    assert_eq!(scheme(&["--public-scheme", "https"]), Scheme::Https);
    assert_eq!(scheme(&["--public-url", "https://melati.example"]), Scheme::Https);
    assert_eq!(scheme(&["--hosts", "melati.lan", "--public-url", "http://melati.lan:8080"]), Scheme::Http);
    assert_eq!(read(&saas("work", &[])).unwrap().public_scheme, Scheme::Https);
}

#[test]
fn of_several_keys_of_a_store_the_first_seals_and_each_opens() {
    for (store, key, name) in [
        ("--exchange-store", "--exchange-key", "HOTELHUB_EXCHANGE_KEY"),
        ("--backup-store", "--backup-key", "HOTELHUB_BACKUP_KEY"),
    ] {
        let with = |keys: &str| read(&saas("fleet", &[store, "file:///tmp", key, keys]));
        let known = |keys: &str| {
            let Mode::Saas(saas) = with(keys).unwrap().mode else { panic!("it is saas") };
            let exchange = saas.exchange.map(|at| (at.key, at.older));
            let (first, older) = exchange.or(saas.backups.map(|at| (at.key, at.older))).unwrap();
            [vec![first], older].concat().iter().map(Key::expose_base64).collect::<Vec<_>>()
        };
        assert_eq!(known(KEY), [KEY]);
        assert_eq!(known(&format!("{OTHER_KEY}, {KEY}")), [OTHER_KEY, KEY]);
        for wrong in ["", "short", &format!("{KEY},"), &format!("{KEY},short")] {
            assert!(matches!(with(wrong), Err(BadSettings::Wrong(at, _)) if at == name), "{wrong}");
        }
    }
}
