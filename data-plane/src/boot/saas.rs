//! A node of a control plane: its tenants come with the routing table, its rights with its settings.
use anyhow::Context as _;
use hotelhub_protocol::Role;
use hotelhub_vault::Shelf;

use super::Learnt;
use crate::config::Saas;
use crate::fleet::{Admin, Archive, Fleet};
use crate::link::{Link, LinkParts, LinkSettings, OwnersDesk};
use crate::node::Node;
use crate::tenancy::{Access, Directory, must_name_one_server};

/// Nothing yet: the routing table comes off the disk or the line.
pub(super) fn learn(settings: &Saas) -> anyhow::Result<Learnt> {
    Ok(Learnt {
        directory: Directory::default(),
        access: Access::Derived(settings.cluster_keys.clone()),
        secret: settings.node_secret.clone(),
        sole: None,
        owners_desk: Some(OwnersDesk::new(&settings.control_url, settings.node_token.clone())?),
    })
}

/// The line to the control plane, not used yet. The routing table that lies on disk is taken on.
pub(super) fn link(node: &Node, settings: &Saas, roles: &[Role]) -> anyhow::Result<Link> {
    let link_settings = LinkSettings {
        control_url: settings.control_url.clone(),
        token: settings.node_token.clone(),
        verifier: settings.feed_public_key.clone(),
        state_dir: settings.state_dir.clone(),
        peers: settings.peers.clone(),
        routes_store: settings.routes_store.clone(),
        oldest_from_peer: settings.oldest_from_peer,
        node_secret: settings.node_secret.clone(),
    };
    let parts = LinkParts {
        roles: roles.to_vec(),
        directory: node.directory.clone(),
        pools: node.pools.clone(),
        tally: node.tally.clone(),
        refusals: node.refusals.clone(),
        fleet: if roles.contains(&Role::Fleet) { Some(fleet(node, settings)?) } else { None },
        clock: node.clock.clone(),
        entropy: node.entropy.clone(),
        metrics: node.metrics.clone(),
    };
    let link = Link::new(link_settings, parts)?;
    match link.recall() {
        Ok(true) => tracing::info!(routes.version = node.directory.version(), "serving by the routing table on disk"),
        Ok(false) => tracing::info!("no routing table on disk yet"),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the routing table on disk is not used")
        }
    }
    Ok(link)
}

fn fleet(node: &Node, settings: &Saas) -> anyhow::Result<Fleet> {
    let admin = |(cluster, dsn): (&_, &hotelhub_kernel::Secret<String>)| {
        let key =
            settings.cluster_keys.get(cluster).with_context(|| format!("no key is given for the server {cluster}"))?;
        let address = || format!("the administrator's address of {cluster} is not understood");
        let config = dsn.expose().parse::<tokio_postgres::Config>().with_context(address)?;
        must_name_one_server(&config).with_context(address)?;
        Ok((hotelhub_protocol::ClusterId::clone(cluster), Admin::new(cluster, config, key.clone())))
    };
    let admins = settings.cluster_admins.iter().map(admin).collect::<anyhow::Result<_>>()?;
    let archive = settings.backups.as_ref().map(|backups| {
        let shelf = Shelf::new(backups.store.clone(), backups.key.clone(), node.entropy.clone());
        let shelf = shelf.opening_also(backups.older.clone());
        Archive::new(shelf, backups.programs.clone()).recovering_in(backups.recovery.clone())
    });
    let exchange = settings.exchange.as_ref().map(|at| {
        let shelf = Shelf::new(at.store.clone(), at.key.clone(), node.entropy.clone());
        shelf.opening_also(at.older.clone())
    });
    let fleet = Fleet::new(admins, archive, node.clock.clone(), node.ids.clone(), node.entropy.clone());
    let fleet = fleet.exchanging(exchange);
    fleet.show(&node.metrics)?;
    Ok(fleet)
}
