//! Which package may name which: the arrows of the house, and who may name a driver.
use serde::Deserialize;

/// What `cargo metadata --no-deps` says, as far as arrows go.
#[derive(Deserialize)]
pub(super) struct Metadata {
    pub(super) packages: Vec<Package>,
}

/// One of our packages and what its manifest names.
#[derive(Deserialize)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) dependencies: Vec<Dependency>,
}

/// One line of a manifest; `kind` is `dev`, `build` or absent.
#[derive(Deserialize)]
pub(super) struct Dependency {
    pub(super) name: String,
    pub(super) kind: Option<String>,
}

const KERNEL: &str = "hotelhub-kernel";
const PROTOCOL: &str = "hotelhub-protocol";
const WEB: &str = "hotelhub-web";
const IDENTITY: &str = "hotelhub-identity";
const MAIL: &str = "hotelhub-mail";
const STORE: &str = "hotelhub-store";
const VAULT: &str = "hotelhub-vault";
const EXPORT: &str = "hotelhub-export";
const TESTKIT: &str = "hotelhub-testkit";
const CENTRAL: &str = "hotelhub-central-migrations";
const TENANT: &str = "hotelhub-tenant-migrations";
const CONTROL_PLANE: &str = "hotelhub-control-plane";
const DATA_PLANE: &str = "hotelhub-data-plane";
const TESTS: &str = "hotelhub-tests";

/// Each package and those of ours that it may name.
const MAY_NAME: &[(&str, &[&str])] = &[
    (KERNEL, &[]),
    (PROTOCOL, &[KERNEL]),
    (WEB, &[KERNEL]),
    (IDENTITY, &[KERNEL]),
    (MAIL, &[KERNEL]),
    (STORE, &[KERNEL]),
    (VAULT, &[KERNEL, STORE]),
    (EXPORT, &[KERNEL, VAULT]),
    (TESTKIT, &[KERNEL, PROTOCOL, WEB]),
    (CENTRAL, &[KERNEL]),
    (TENANT, &[KERNEL]),
    (CONTROL_PLANE, &[KERNEL, PROTOCOL, WEB, IDENTITY, MAIL, STORE, VAULT, EXPORT, CENTRAL]),
    (DATA_PLANE, &[KERNEL, PROTOCOL, WEB, IDENTITY, MAIL, STORE, VAULT, EXPORT, TENANT]),
    (
        TESTS,
        &[KERNEL, PROTOCOL, WEB, IDENTITY, MAIL, STORE, VAULT, TESTKIT, CENTRAL, TENANT, CONTROL_PLANE, DATA_PLANE],
    ),
    ("xtask", &[]),
];

/// Those whose tests may name the testkit: what owns a database, or a piece of one.
const MAY_TEST_WITH_TESTKIT: &[&str] = &[CENTRAL, TENANT, CONTROL_PLANE, DATA_PLANE];

const CENTRAL_SQL: &[&str] = &[CONTROL_PLANE, CENTRAL, TESTKIT, TESTS];
const TENANT_SQL: &[&str] = &[DATA_PLANE, TENANT, TESTKIT, TESTS];

/// Libraries that have a home, and the only packages that may name them.
const HOMES: &[(&str, &[&str])] = &[
    ("sqlx", CENTRAL_SQL),
    ("jiff-sqlx", CENTRAL_SQL),
    ("graphile_worker", &[CONTROL_PLANE]),
    ("apalis-postgres", &[CONTROL_PLANE]),
    ("tokio-postgres", TENANT_SQL),
    ("tokio-postgres-rustls", TENANT_SQL),
    ("postgres-protocol", TENANT_SQL),
    ("deadpool", TENANT_SQL),
    ("deadpool-postgres", TENANT_SQL),
    ("kube", &["hotelhub-operators"]),
    ("k8s-openapi", &["hotelhub-operators"]),
    ("object_store", &[STORE]),
    ("instant-acme", &[CONTROL_PLANE]),
    ("hickory-resolver", &[CONTROL_PLANE]),
];

/// Every edge that is no arrow, as a sentence each.
pub(super) fn wrong_edges(metadata: &Metadata) -> Vec<String> {
    let ours: Vec<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    metadata.packages.iter().flat_map(|package| wrong_edges_of(package, &ours)).collect()
}

fn wrong_edges_of(package: &Package, ours: &[&str]) -> Vec<String> {
    let from = package.name.as_str();
    let Some((_, may_name)) = MAY_NAME.iter().find(|(name, _)| *name == from) else {
        return vec![format!("{from}: no arrow is drawn for this package")];
    };
    let wrong = |dependency: &&Dependency| {
        let to = dependency.name.as_str();
        let in_tests = dependency.kind.as_deref() == Some("dev");
        let homeless = HOMES.iter().any(|(library, homes)| *library == to && !homes.contains(&from));
        let allowed = may_name.contains(&to) || (in_tests && to == TESTKIT && MAY_TEST_WITH_TESTKIT.contains(&from));
        homeless || (ours.contains(&to) && !allowed)
    };
    package.dependencies.iter().filter(wrong).map(|to| format!("{from} must not name {}", to.name)).collect()
}
