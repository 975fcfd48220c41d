//! The map every request goes through: shards that are replaced whole, and per thread a view of them that is renewed after a change.
//!
//! A lookup is one hash, one look at a version and one probe: no lock, no shared count, no allocation. A change copies one shard, and each
//! thread takes on that shard alone.
use std::cell::RefCell;
use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use thread_local::ThreadLocal;

/// How many shards the map has: one change among 10,000 entries copies some 40.
const SHARDS: usize = 256;
/// Hosts up to this length lie in the table itself.
const SHORT: usize = 46;

type Table<V> = HashTable<(Key, V)>;

/// A map from hosts to cheap clones.
pub(super) struct Hosts<V: Send + Sync> {
    shards: Box<[Shard<V>]>,
    /// Counts up after each change of any shard.
    version: AtomicU64,
    hasher: RandomState,
    views: ThreadLocal<RefCell<View<V>>>,
}

struct Shard<V> {
    table: ArcSwap<Table<V>>,
    version: AtomicU64,
}

/// What one thread saw last. A quiet thread keeps what it saw until it looks again.
struct View<V> {
    version: u64,
    tables: Box<[(u64, Arc<Table<V>>)]>,
}

/// A host beside its value, so that a comparison needs no further step for all but the longest.
#[derive(Clone)]
enum Key {
    Short(u8, [u8; SHORT]),
    Long(Arc<[u8]>),
}

impl Key {
    fn of(host: &str) -> Self {
        let host = host.as_bytes();
        let mut bytes = [0; SHORT];
        match (bytes.get_mut(..host.len()), u8::try_from(host.len())) {
            (Some(place), Ok(length)) => {
                place.copy_from_slice(host);
                Self::Short(length, bytes)
            }
            _ => Self::Long(host.into()),
        }
    }

    #[inline]
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Short(length, bytes) => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Self::Long(bytes) => bytes,
        }
    }
}

impl<V: Clone + Send + Sync> Hosts<V> {
    pub(super) fn new() -> Self {
        let shard = |_| Shard { table: ArcSwap::from_pointee(HashTable::new()), version: AtomicU64::new(0) };
        Self {
            shards: (0..SHARDS).map(shard).collect(),
            version: AtomicU64::new(0),
            hasher: RandomState::default(),
            views: ThreadLocal::new(),
        }
    }

    /// Shows what a host leads to. `show` must not look anything up here itself.
    #[inline]
    pub(super) fn find<T>(&self, host: &str, show: impl FnOnce(&V) -> T) -> Option<T> {
        let hash = self.hash(host.as_bytes());
        let mut view = self.views.get_or(|| RefCell::new(self.first_view())).borrow_mut();
        let version = self.version.load(Ordering::Acquire);
        if view.version != version {
            self.renew(&mut view, version);
        }
        let (_, table) = view.tables.get(place(hash))?;
        table.find(hash, |(known, _)| known.bytes() == host.as_bytes()).map(|(_, value)| show(value))
    }

    /// Puts an entry in place of the one of the same host. Writers take turns by a lock of their own.
    pub(super) fn put(&self, host: &str, value: V) {
        let hash = self.hash(host.as_bytes());
        self.change(hash, |table| {
            table.find_entry(hash, |(known, _)| known.bytes() == host.as_bytes()).map(|entry| entry.remove()).ok();
            table.insert_unique(hash, (Key::of(host), value), |(known, _)| self.hash(known.bytes()));
        });
    }

    /// Takes an entry away if `is_it` says so.
    pub(super) fn remove(&self, host: &str, is_it: impl Fn(&V) -> bool) {
        let hash = self.hash(host.as_bytes());
        let same = |(known, value): &(Key, V)| known.bytes() == host.as_bytes() && is_it(value);
        self.change(hash, |table| {
            table.find_entry(hash, same).map(|entry| entry.remove()).ok();
        });
    }

    /// Puts these entries, no host twice, in place of all.
    pub(super) fn replace<'a>(&self, entries: impl Iterator<Item = (&'a str, V)>) {
        let mut tables: Vec<Table<V>> = (0..SHARDS).map(|_| HashTable::new()).collect();
        for (host, value) in entries {
            let hash = self.hash(host.as_bytes());
            if let Some(table) = tables.get_mut(place(hash)) {
                table.insert_unique(hash, (Key::of(host), value), |(known, _)| self.hash(known.bytes()));
            }
        }
        for (shard, table) in self.shards.iter().zip(tables) {
            shard.store(table);
        }
        self.version.fetch_add(1, Ordering::AcqRel);
    }

    fn change(&self, hash: u64, change: impl FnOnce(&mut Table<V>)) {
        let Some(shard) = self.shards.get(place(hash)) else { return };
        let mut table = HashTable::clone(&shard.table.load());
        change(&mut table);
        shard.store(table);
        self.version.fetch_add(1, Ordering::AcqRel);
    }

    #[inline]
    fn hash(&self, host: &[u8]) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(host);
        hasher.finish()
    }

    /// Nothing seen yet: the versions are those of no shard.
    fn first_view(&self) -> View<V> {
        let tables = self.shards.iter().map(|shard| (u64::MAX, shard.table.load_full())).collect();
        View { version: u64::MAX, tables }
    }

    #[cold]
    fn renew(&self, view: &mut View<V>, version: u64) {
        for (shard, (seen, table)) in self.shards.iter().zip(&mut view.tables) {
            let now = shard.version.load(Ordering::Acquire);
            if *seen != now {
                (*seen, *table) = (now, shard.table.load_full());
            }
        }
        view.version = version;
    }
}

impl<V> Shard<V> {
    fn store(&self, table: Table<V>) {
        self.table.store(Arc::new(table));
        self.version.fetch_add(1, Ordering::AcqRel);
    }
}

/// The shard of a hash, by bits that the table itself uses neither for its place (the lowest) nor for its tag (the highest seven).
#[inline]
fn place(hash: u64) -> usize {
    usize::try_from(hash >> 40).unwrap_or(0) % SHARDS
}
