//! The stock of ready-made databases.
use hotelhub_control_plane::fleet::ready::keep_stock;
use hotelhub_protocol::{ClusterId, ClusterLoad, Heartbeat, Role, Task};

use crate::office::{CLUSTER, Office, TEMPLATE, beat};

async fn told_of_template(office: &Office, node: &crate::office::Node, template: &str) {
    let cluster = ClusterId(CLUSTER.to_owned());
    let load = ClusterLoad { cluster, open: 0, holding: Vec::new(), template: Some(template.to_owned()) };
    node.heartbeat(&Heartbeat { clusters: vec![load], ..beat(&[Role::Fleet], office.clock.now()) }).await;
}

#[tokio::test]
async fn the_stock_is_filled_a_few_at_a_time_and_a_sign_up_claims_from_it() {
    let office = Office::open().await;
    let node = office.node("node-1", &[Role::Fleet]).await;
    assert_eq!(keep_stock(&office.app).await.unwrap(), 0, "no template yet, nothing to copy");
    told_of_template(&office, &node, TEMPLATE).await;
    let mut made = Vec::new();
    for ordered in [2, 2, 0] {
        assert_eq!(keep_stock(&office.app).await.unwrap(), ordered);
        while let Some(order) = node.lease(0).await {
            let Task::PrepareDatabase { database, template, .. } = &order.task else { panic!() };
            assert_eq!(template, TEMPLATE);
            made.push(database.clone());
            node.done(&order).await;
        }
    }
    assert_eq!(made.len(), 4);
    office.sign_up("melati").await;
    let Task::CreateTenant { database, .. } = node.lease(0).await.unwrap().task else { panic!() };
    assert!(made.contains(&database));
    assert_eq!(keep_stock(&office.app).await.unwrap(), 1);
}

#[tokio::test]
async fn somebody_who_waits_goes_before_the_stock() {
    let office = Office::open().await;
    let node = office.node("node-1", &[Role::Fleet]).await;
    told_of_template(&office, &node, TEMPLATE).await;
    keep_stock(&office.app).await.unwrap();
    office.sign_up("melati").await;
    assert!(matches!(node.lease(0).await.unwrap().task, Task::CreateTenant { .. }));
}

#[tokio::test]
async fn a_database_of_an_older_template_is_not_given_to_anybody() {
    let office = Office::open().await;
    let node = office.node("node-1", &[Role::Fleet]).await;
    told_of_template(&office, &node, TEMPLATE).await;
    keep_stock(&office.app).await.unwrap();
    let old = node.lease(0).await.unwrap();
    node.done(&old).await;
    told_of_template(&office, &node, "14-00000000").await;
    office.sign_up("melati").await;
    let Task::PrepareDatabase { database: old, .. } = old.task else { panic!() };
    let Task::CreateTenant { database, .. } = node.lease(0).await.unwrap().task else { panic!() };
    assert_ne!(database, old);
}

#[tokio::test]
async fn two_controllers_at_once_order_no_more_than_one() {
    let office = Office::open().await;
    let node = office.node("node-1", &[Role::Fleet]).await;
    told_of_template(&office, &node, TEMPLATE).await;
    let (first, second) = tokio::join!(keep_stock(&office.app), keep_stock(&office.app));
    assert_eq!(first.unwrap() + second.unwrap(), 2);
}
