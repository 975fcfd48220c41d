//! Each rule of the layers, shown failing where it is broken and silent where it holds.
use super::arrows::{Dependency, Metadata, Package, wrong_edges};
use super::sources::wrong_source;
use super::tokens::{self, Kind};

fn package(name: &str, dependencies: &[(&str, Option<&str>)]) -> Package {
    let dependency =
        |(name, kind): &(&str, Option<&str>)| Dependency { name: (*name).to_owned(), kind: kind.map(str::to_owned) };
    Package { name: name.to_owned(), dependencies: dependencies.iter().map(dependency).collect() }
}

fn edges(packages: Vec<Package>) -> Vec<String> {
    wrong_edges(&Metadata { packages })
}

#[test]
fn the_planes_never_name_each_other() {
    let planes = vec![
        package("hotelhub-control-plane", &[("hotelhub-data-plane", None)]),
        package("hotelhub-data-plane", &[("hotelhub-control-plane", Some("dev"))]),
    ];
    assert_eq!(
        edges(planes),
        [
            "hotelhub-control-plane must not name hotelhub-data-plane",
            "hotelhub-data-plane must not name hotelhub-control-plane"
        ]
    );
}

#[test]
fn a_driver_stays_in_its_own_plane_even_in_tests() {
    let wrong = vec![
        package("hotelhub-control-plane", &[("tokio-postgres", Some("dev")), ("sqlx", None)]),
        package("hotelhub-data-plane", &[("sqlx", None), ("deadpool-postgres", None)]),
        package("hotelhub-web", &[("sqlx", None)]),
        package("hotelhub-testkit", &[("sqlx", None), ("tokio-postgres", None)]),
    ];
    assert_eq!(
        edges(wrong),
        [
            "hotelhub-control-plane must not name tokio-postgres",
            "hotelhub-data-plane must not name sqlx",
            "hotelhub-web must not name sqlx"
        ]
    );
}

#[test]
fn the_testkit_is_for_tests_and_the_chores_name_none_of_ours() {
    let testkit = || package("hotelhub-testkit", &[]);
    let allowed = vec![testkit(), package("hotelhub-data-plane", &[("hotelhub-testkit", Some("dev"))])];
    assert_eq!(edges(allowed), [""; 0]);
    let wrong = vec![
        testkit(),
        package("hotelhub-data-plane", &[("hotelhub-testkit", None)]),
        package("hotelhub-web", &[("hotelhub-testkit", Some("dev"))]),
        package("xtask", &[("hotelhub-testkit", None)]),
    ];
    assert_eq!(edges(wrong).len(), 3);
}

#[test]
fn a_package_without_arrows_is_noticed() {
    let stranger = vec![package("hotelhub-things", &[])];
    assert_eq!(edges(stranger), ["hotelhub-things: no arrow is drawn for this package"]);
}

#[test]
fn a_store_is_reached_from_its_own_folder_alone() {
    let from = |file: &str, source: &str| wrong_source(file, source);
    assert_eq!(
        from("hotel/folios/routes.rs", "use crate::hotel::rooms::store;"),
        ["hotel/folios/routes.rs:1: reaches into the store of hotel::rooms"]
    );
    assert_eq!(from("hotel/folios/routes.rs", "fn f() {\n super::super::rooms::store::find(); }").len(), 1);
    assert_eq!(from("hotel/folios/routes.rs", "use crate::hotel::{rooms::{self, store::find}, rates};").len(), 1);
    assert_eq!(from("hotel/folios/routes.rs", "use super::store;\nuse super::{model::Line, store as books};"), [""; 0]);
    assert_eq!(from("hotel/folios/receipts/routes.rs", "use super::super::store;"), [""; 0]);
    assert_eq!(from("hotel/folios/mod.rs", "mod store;\nuse self::store::open;"), [""; 0]);
    assert_eq!(from("hotel/folios/routes.rs", "mod tests { use super::super::store; }"), [""; 0]);
}

#[test]
fn a_store_is_not_opened_to_others() {
    assert_eq!(wrong_source("hotel/rooms/mod.rs", "pub(crate) mod store;").len(), 1);
    assert_eq!(wrong_source("hotel/rooms/mod.rs", "pub mod store;").len(), 1);
    assert_eq!(wrong_source("hotel/rooms/mod.rs", "mod store;"), [""; 0]);
}

#[test]
fn nothing_flows_back_up() {
    assert_eq!(
        wrong_source("hotel/rooms/model.rs", "use super::store::Room;"),
        ["hotel/rooms/model.rs:1: model must not name store"]
    );
    assert_eq!(
        wrong_source("hotel/rooms/store.rs", "use super::routes::Wish;"),
        ["hotel/rooms/store.rs:1: store must not name routes"]
    );
    assert_eq!(wrong_source("hotel/rooms/store.rs", "use super::model::Room;"), [""; 0]);
}

#[test]
fn a_model_neither_waits_nor_asks_the_time_nor_speaks_sql() {
    let said = |source: &str| wrong_source("hotel/rooms/model.rs", source);
    assert_eq!(said("async fn f() {}"), ["hotel/rooms/model.rs:1: a model holds no async"]);
    assert_eq!(said("fn f(c: &Clock) {}"), ["hotel/rooms/model.rs:1: a model holds no clock"]);
    assert_eq!(said("const A: &str = \"\n select 1 from rooms\";"), ["hotel/rooms/model.rs:1: a model holds no SQL"]);
    assert_eq!(said("// async fn with a Clock\nconst A: &str = \"select a room\";"), [""; 0]);
}

#[test]
fn strings_lifetimes_and_comments_are_told_apart() {
    let source = "fn é<'a>(c: char) { '—'; /* a /* b */ c */ let x = ('\\'', '\"', r#\"say \"hi\"\"#, b\"\\\"\"); }";
    let texts: Vec<_> = tokens::read(source)
        .into_iter()
        .filter_map(|token| match token.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        })
        .collect();
    assert_eq!(texts, ["say \"hi\"", "\\\""]);
}
