//! Bodies that no honest client sends, at each door of the vendor that takes one.
use hotelhub_protocol::{Role, paths};
use hotelhub_testkit::{Hostile, Visitor};
use reqwest::Method;

use crate::office::{Office, schema};
use crate::once::{Post, posts};
use crate::strangers::{doors, everything};

/// Every door that takes a body, each at something that is there, with somebody who may change it.
async fn writing(office: &Office) -> Vec<(Method, String, Visitor)> {
    let node = office.node("node-3", &[Role::Serve, Role::Fleet]).await;
    let posts = posts(office).await;
    let reset = posts.iter().find(|post| post.door.ends_with("/reset-authenticator")).unwrap();
    let member = reset.path.trim_end_matches("/reset-authenticator").to_owned();
    let mut writing = vec![(Method::PATCH, member, reset.by.clone())];
    let listed = doors().into_iter().filter(|(method, _)| [Method::POST, Method::PUT, Method::PATCH].contains(method));
    // A piece of a file is no JSON.
    let takes_json = listed.filter(|(_, path)| !path.ends_with("/pieces/{number}"));
    assert_eq!(takes_json.count(), posts.len() + writing.len(), "each door is tried");
    writing.extend(posts.into_iter().map(|Post { path, by, .. }| (Method::POST, path, by)));
    let machines = [paths::HEARTBEAT, paths::LEASE, paths::REPORT, paths::EXPORTS];
    writing.extend(machines.map(|path| (Method::POST, path.to_owned(), node.visitor.clone())));
    writing
}

#[tokio::test]
async fn no_hostile_body_changes_anything_and_each_is_a_problem() {
    let office = Office::open().await;
    let writing = writing(&office).await;
    for (_, _, by) in &writing {
        by.get("/api/v1/session").await.unwrap();
    }
    let before = everything(&office).await;
    let mut wrong = Vec::new();
    for (method, path, by) in &writing {
        for hostile in Hostile::all() {
            wrong.extend(hostile.thrown(by, method, path).await.unwrap());
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(everything(&office).await, before, "nothing has changed");
}

#[test]
fn every_post_names_its_key() {
    for (method, path) in doors() {
        let names = schema().takes_header(&method.as_str().to_ascii_lowercase(), &path, "Idempotency-Key");
        assert_eq!(names, method == Method::POST, "{method} {path}");
    }
}
