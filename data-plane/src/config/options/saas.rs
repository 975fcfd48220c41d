//! What a node of a control plane is told.
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::PathBuf;

use clap::Args;
use hotelhub_kernel::{Host, Key, Secret};
use hotelhub_protocol::{ClusterId, FeedVerifier};
use hotelhub_store::{Origin, S3Access, Store};
use jiff::SignedDuration;

use super::{BadSettings, address, host, secret};
use crate::config::{Backups, Exchange, Saas};
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
    /// Where the control plane puts the routing table, as it is told in its own HOTELHUB_ROUTES_STORE: asked like one more peer.
    #[arg(long, env = "HOTELHUB_ROUTES_STORE", value_parser = origin, global = true)]
    routes_store: Option<Origin>,
    /// How old the routing table of a peer or of the store may be, in hours.
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
    /// Where backups of hotels lie, `s3://bucket/prefix` or `file:///var/backups/hotelhub`, a bucket or a folder that is there: for the fleet
    /// role, and one and the same for all who have it. On a disk that is mounted name a folder below the mount point, which is not there
    /// while the disk is not. Without a store no backups are taken. What to set in `postgresql.conf`, so that the servers' WAL comes there
    /// too and a hotel can be brought back to any minute: docs/runbooks/bring-one-hotel-back.md.
    #[arg(long, env = "HOTELHUB_BACKUP_STORE", value_parser = origin, global = true)]
    backup_store: Option<Origin>,
    /// What backups are sealed with, 32 bytes of base64: the same for every fleet role. Keep it elsewhere too: without it no backup opens. To
    /// turn it name more than one, with commas: the first seals, each opens. Let everybody know the new one before it comes first, and the
    /// old one as long as there is a backup of its time.
    #[arg(long, env = "HOTELHUB_BACKUP_KEY", hide_env_values = true, value_parser = secret, global = true)]
    backup_key: Option<Secret<String>>,
    #[command(flatten)]
    s3: S3Options,
    /// The folder of the programs of Postgres, of the servers' own version. Without it they are looked for, in the server's own version first.
    #[arg(long, env = "HOTELHUB_PG_PROGRAMS", global = true)]
    pg_programs: Option<PathBuf>,
    /// Where the fleet role unpacks a base backup to bring one hotel to a point in time, by a Postgres of its own that nobody else reaches:
    /// as much room as the whole server takes, and a short path. `recovery` in the state directory when absent.
    #[arg(long, env = "HOTELHUB_RECOVERY_DIR", global = true)]
    recovery_dir: Option<PathBuf>,
    /// Where exported hotels lie on their way out and in, `s3://bucket/prefix` or `file:///var/lib/hotelhub/exchange`, a bucket or a
    /// folder that is there: for the fleet role, and the very one that the control plane has, such as a network disk. A worker needs a store of backups besides.
    #[arg(long, env = "HOTELHUB_EXCHANGE_STORE", value_parser = origin, global = true)]
    exchange_store: Option<Origin>,
    /// What exported hotels are sealed with there, 32 bytes of base64: the same as the control plane's. To turn it name more than one, with
    /// commas: the first seals, each opens. How, step by step: docs/runbooks/turn-a-key.md.
    #[arg(long, env = "HOTELHUB_EXCHANGE_KEY", hide_env_values = true, value_parser = secret, global = true)]
    exchange_key: Option<Secret<String>>,
    /// The domain under which hotels have their names.
    #[arg(long, env = "HOTELHUB_BASE_DOMAIN", default_value = "hotelhub.localhost", value_parser = host, global = true)]
    base_domain: Host,
    /// The vendor's own page, for those who find no hotel.
    #[arg(long, env = "HOTELHUB_VENDOR_URL", default_value = "http://hotelhub.localhost:8081", global = true)]
    vendor_url: String,
}

/// Who asks for buckets, and where.
#[derive(Debug, Args)]
struct S3Options {
    /// The S3 service that has the buckets named, `https://s3.example.com`; Amazon's own of the region when absent.
    #[arg(long, env = "HOTELHUB_S3_ENDPOINT", value_parser = address, global = true)]
    s3_endpoint: Option<String>,
    /// The region that requests to the S3 service are signed for.
    #[arg(long, env = "HOTELHUB_S3_REGION", default_value = "us-east-1", global = true)]
    s3_region: String,
    /// The id of the access key to the buckets.
    #[arg(long, env = "HOTELHUB_S3_KEY_ID", global = true)]
    s3_key_id: Option<String>,
    /// The access key to the buckets: for the fleet role one that may read, write, list and remove objects. A node that only serves needs no
    /// more than to read what lies under `routes/`, and is to have a key that may do nothing else.
    #[arg(long, env = "HOTELHUB_S3_SECRET", hide_env_values = true, value_parser = secret, global = true)]
    s3_secret: Option<Secret<String>>,
}

impl S3Options {
    fn open(&self, name: &'static str, origin: Option<&Origin>) -> Result<Option<Store>, BadSettings> {
        let access = self.s3_key_id.clone().zip(self.s3_secret.clone()).map(|(key_id, secret)| S3Access {
            endpoint: self.s3_endpoint.clone(),
            region: self.s3_region.clone(),
            key_id,
            secret,
        });
        let opened = origin.map(|origin| origin.open(access.as_ref())).transpose();
        opened.map_err(|error| BadSettings::Store(name, error))
    }
}

/// Addresses of other nodes.
#[derive(Clone, Debug)]
struct Peers(Vec<String>);

fn peers(text: &str) -> Result<Peers, String> {
    let named = text.split(',').map(str::trim).filter(|peer| !peer.is_empty());
    named.map(address).collect::<Result<_, _>>().map(Peers)
}

fn origin(text: &str) -> Result<Origin, String> {
    text.parse()
}

impl SaasOptions {
    /// A store and its key come together.
    pub(super) fn backups(&self) -> Result<Option<Backups>, BadSettings> {
        let Some(store) = self.s3.open("HOTELHUB_BACKUP_STORE", self.backup_store.as_ref())? else { return Ok(None) };
        let (key, older) = keys("HOTELHUB_BACKUP_KEY", self.backup_key.as_ref())?;
        let recovery = self.recovery_dir.clone().unwrap_or_else(|| self.state_dir.join("recovery"));
        Ok(Some(Backups { store, key, older, programs: self.pg_programs.clone(), recovery }))
    }

    /// Here too.
    fn exchange(&self) -> Result<Option<Exchange>, BadSettings> {
        let opened = self.s3.open("HOTELHUB_EXCHANGE_STORE", self.exchange_store.as_ref())?;
        let Some(store) = opened else { return Ok(None) };
        let (key, older) = keys("HOTELHUB_EXCHANGE_KEY", self.exchange_key.as_ref())?;
        Ok(Some(Exchange { store, key, older }))
    }

    pub(super) fn read(self) -> Result<Saas, BadSettings> {
        let backups = self.backups()?;
        let exchange = self.exchange()?;
        let routes_store = self.s3.open("HOTELHUB_ROUTES_STORE", self.routes_store.as_ref())?;
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
        Ok(Saas {
            control_url: self.control_url,
            node_token: self.node_token.ok_or(BadSettings::Missing("HOTELHUB_NODE_TOKEN"))?,
            feed_public_key: FeedVerifier::from_base64(&feed_key)
                .ok_or(BadSettings::Wrong("HOTELHUB_FEED_PUBLIC_KEY", thirty_two))?,
            state_dir: self.state_dir,
            peers: self.peers.0,
            routes_store,
            oldest_from_peer: SignedDuration::from_hours(self.peer_table_max_age_h.into()),
            cluster_keys,
            cluster_admins: admins.into_iter().map(|(id, text)| (id, Secret::new(text.to_owned()))).collect(),
            backups,
            exchange,
            node_secret: Key::from_base64(node_secret.expose())
                .ok_or(BadSettings::Wrong("HOTELHUB_NODE_SECRET", thirty_two))?,
            base_domain: self.base_domain,
            vendor_url: self.vendor_url,
        })
    }
}

/// The key that seals, and those that open besides.
fn keys(name: &'static str, text: Option<&Secret<String>>) -> Result<(Key, Vec<Key>), BadSettings> {
    let text = text.ok_or(BadSettings::Missing(name))?;
    let wrong = || BadSettings::Wrong(name, "it must be 32 bytes of base64, or several with commas");
    let keys: Option<Vec<Key>> = text.expose().split(',').map(|key| Key::from_base64(key.trim())).collect();
    let mut keys = keys.ok_or_else(wrong)?.into_iter();
    Ok((keys.next().ok_or_else(wrong)?, keys.collect()))
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
