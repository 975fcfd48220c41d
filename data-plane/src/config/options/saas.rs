//! What a node of a control plane is told.
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::PathBuf;

use clap::Args;
use hotelhub_kernel::{Host, Key, Secret};
use hotelhub_protocol::{ClusterId, FeedVerifier};
use hotelhub_vault::Store;
use jiff::SignedDuration;

use super::{BadSettings, address, host, secret};
use crate::config::{Backups, Saas};
use crate::fleet::ClusterKeys;

#[derive(Debug, Args)]
#[command(next_help_heading = "Node of a control plane")]
pub(super) struct SaasOptions {
    /// The control plane.
    #[arg(long, env = "HOTELHUB_CONTROL_URL", default_value = "http://127.0.0.1:8081", global = true)]
    control_url: String,
    /// What the node proves itself with: `hotelhub-control node enrol` prints it.
    #[arg(long, env = "HOTELHUB_NODE_TOKEN", hide_env_values = true, value_parser = secret, global = true)]
    node_token: Option<Secret<String>>,
    /// The key the routing table is signed with, 32 bytes of base64: public.
    #[arg(long, env = "HOTELHUB_FEED_PUBLIC_KEY", global = true)]
    feed_public_key: Option<String>,
    /// Where the routing table lies between starts.
    #[arg(long, env = "HOTELHUB_STATE_DIR", default_value = "/var/lib/hotelhub", global = true)]
    state_dir: PathBuf,
    /// Other nodes, by the addresses at which they show measurements, `http://10.0.0.7:9100,…`: a node whose state directory is empty
    /// takes the routing table from the one that has the newest while the control plane is away. It is believed for its signature.
    #[arg(long, env = "HOTELHUB_PEERS", default_value = "", hide_default_value = true, value_parser = peers, global = true)]
    peers: Peers,
    /// How old a peer's routing table may be, in hours.
    #[arg(long, env = "HOTELHUB_PEER_TABLE_MAX_AGE_H", default_value_t = 72, global = true)]
    peer_table_max_age_h: u32,
    /// The keys that the hotels' database passwords derive from: `id=base64,…`. One server may have several, the newest first: to turn its
    /// key give every node the new one as the second, then put it first on all those with the role fleet, and take the older one out when
    /// each of them has logged `every role of the server has this key` with the `key` of the new one: the first eight digits that
    /// `base64 -d | sha256sum` says of it. A worker that has the older one first gives roles that one.
    #[arg(long, env = "HOTELHUB_CLUSTER_KEYS", hide_env_values = true, value_parser = secret, global = true)]
    cluster_keys: Option<Secret<String>>,
    /// Administrators of the Postgres servers: `id=postgres://…,…`. For the fleet role alone. The lines to them are in the clear.
    #[arg(long, env = "HOTELHUB_CLUSTER_ADMINS", hide_env_values = true, value_parser = secret, global = true)]
    cluster_admins: Option<Secret<String>>,
    /// What every hotel's keys derive from, for sessions and for what is kept sealed, 32 bytes of base64: the same on all nodes.
    #[arg(long, env = "HOTELHUB_NODE_SECRET", hide_env_values = true, value_parser = secret, global = true)]
    node_secret: Option<Secret<String>>,
    /// Where backups of hotels lie, `file:///var/backups/hotelhub`, a folder that is there: for the fleet role, and one and the same for all
    /// who have it, such as a network disk. Without it no backups are taken.
    #[arg(long, env = "HOTELHUB_BACKUP_STORE", value_parser = store, global = true)]
    backup_store: Option<Store>,
    /// What backups are sealed with, 32 bytes of base64: the same for every fleet role. Keep it elsewhere too: without it no backup opens.
    #[arg(long, env = "HOTELHUB_BACKUP_KEY", hide_env_values = true, value_parser = secret, global = true)]
    backup_key: Option<Secret<String>>,
    /// The folder of `pg_dump` and `pg_restore`, no older than the servers. Without it they are looked for, in the server's own version first.
    #[arg(long, env = "HOTELHUB_PG_PROGRAMS", global = true)]
    pg_programs: Option<PathBuf>,
    /// The domain under which hotels have their names.
    #[arg(long, env = "HOTELHUB_BASE_DOMAIN", default_value = "hotelhub.localhost", value_parser = host, global = true)]
    base_domain: Host,
    /// The vendor's own page, for those who find no hotel.
    #[arg(long, env = "HOTELHUB_VENDOR_URL", default_value = "http://hotelhub.localhost:8081", global = true)]
    vendor_url: String,
}

/// Addresses of other nodes.
#[derive(Clone, Debug)]
struct Peers(Vec<String>);

fn peers(text: &str) -> Result<Peers, String> {
    let named = text.split(',').map(str::trim).filter(|peer| !peer.is_empty());
    named.map(address).collect::<Result<_, _>>().map(Peers)
}

fn store(text: &str) -> Result<Store, String> {
    text.parse()
}

impl SaasOptions {
    pub(super) fn read(self) -> Result<Saas, BadSettings> {
        let feed_key = self.feed_public_key.ok_or(BadSettings::Missing("HOTELHUB_FEED_PUBLIC_KEY"))?;
        let node_secret = self.node_secret.ok_or(BadSettings::Missing("HOTELHUB_NODE_SECRET"))?;
        let thirty_two = "it must be 32 bytes of base64";
        let mut cluster_keys: HashMap<ClusterId, ClusterKeys> = HashMap::new();
        for (id, text) in pairs("HOTELHUB_CLUSTER_KEYS", self.cluster_keys.as_ref())? {
            let key = Key::from_base64(text).ok_or(BadSettings::Wrong("HOTELHUB_CLUSTER_KEYS", thirty_two))?;
            match cluster_keys.entry(id) {
                Entry::Occupied(mut known) => known.get_mut().push_older(key),
                Entry::Vacant(new) => drop(new.insert(ClusterKeys::of(key))),
            }
        }
        let admins = pairs("HOTELHUB_CLUSTER_ADMINS", self.cluster_admins.as_ref())?;
        let backups = backups(self.backup_store, self.backup_key.as_ref(), self.pg_programs)?;
        Ok(Saas {
            control_url: self.control_url,
            node_token: self.node_token.ok_or(BadSettings::Missing("HOTELHUB_NODE_TOKEN"))?,
            feed_public_key: FeedVerifier::from_base64(&feed_key)
                .ok_or(BadSettings::Wrong("HOTELHUB_FEED_PUBLIC_KEY", thirty_two))?,
            state_dir: self.state_dir,
            peers: self.peers.0,
            oldest_from_peer: SignedDuration::from_hours(self.peer_table_max_age_h.into()),
            cluster_keys,
            cluster_admins: admins.into_iter().map(|(id, text)| (id, Secret::new(text.to_owned()))).collect(),
            backups,
            node_secret: Key::from_base64(node_secret.expose())
                .ok_or(BadSettings::Wrong("HOTELHUB_NODE_SECRET", thirty_two))?,
            base_domain: self.base_domain,
            vendor_url: self.vendor_url,
        })
    }
}

/// A store and its key come together.
fn backups(
    store: Option<Store>,
    key: Option<&Secret<String>>,
    programs: Option<PathBuf>,
) -> Result<Option<Backups>, BadSettings> {
    let Some(store) = store else { return Ok(None) };
    let key = key.ok_or(BadSettings::Missing("HOTELHUB_BACKUP_KEY"))?;
    let wrong = BadSettings::Wrong("HOTELHUB_BACKUP_KEY", "it must be 32 bytes of base64");
    Ok(Some(Backups { store, key: Key::from_base64(key.expose()).ok_or(wrong)?, programs }))
}

/// `id=value,id=value`.
fn pairs<'a>(name: &'static str, text: Option<&'a Secret<String>>) -> Result<Vec<(ClusterId, &'a str)>, BadSettings> {
    let text = text.map_or("", |text| text.expose().as_str());
    let pair = |part: &'a str| {
        let (id, value) = part.split_once('=').ok_or(BadSettings::Wrong(name, "it reads id=value,id=value"))?;
        Ok((ClusterId(id.trim().to_owned()), value.trim()))
    };
    text.split(',').filter(|part| !part.trim().is_empty()).map(pair).collect()
}
