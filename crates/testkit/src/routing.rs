//! A house of any size, as the routes feed tells of it.
use anyhow::Result;
use hotelhub_kernel::{Clock, Entropy, Host, Ids, Slug, TenantId};
use hotelhub_protocol::{Cluster, ClusterId, Limits, Notices, Placement, Route, Snapshot, TenantStatus};

/// Version 1 of a table of so many hotels on one server: `hotel-0.hotelhub.id`, `hotel-1.hotelhub.id`, …, each with 42 rooms.
/// Its tenants are made up anew each time.
pub fn routing_table(hotels: usize) -> Result<Snapshot> {
    let clock = Clock::wall();
    let ids = Ids::timed(clock.clone(), Entropy::seeded(1));
    let (id, host) = (ClusterId("jkt-1".to_owned()), "127.0.0.1".to_owned());
    let cluster = Cluster { id, host, port: 5432, reserved: Vec::new() };
    let routes = (0..hotels).map(|n| route(n, TenantId(ids.next()), &cluster.id)).collect::<Result<_>>()?;
    Ok(Snapshot { version: 1, taken_at: clock.now(), departed: 0, clusters: vec![cluster], routes })
}

fn route(n: usize, tenant: TenantId, cluster: &ClusterId) -> Result<Route> {
    let slug = Slug::parse(&format!("hotel-{n}"))?;
    let database = format!("t_{}", tenant.0.simple());
    Ok(Route {
        tenant,
        name: format!("Hotel {n}"),
        hosts: vec![Host::of_slug(&slug, &Host::parse("hotelhub.id")?)],
        slug,
        status: TenantStatus::Trial,
        placement: Placement {
            cluster: cluster.clone(),
            role: database.clone(),
            database,
            schema: None,
            generation: 1,
        },
        limits: Limits { connections: 8, rooms: 42, users: Some(15) },
        features: Vec::new(),
        notices: Notices::default(),
    })
}
