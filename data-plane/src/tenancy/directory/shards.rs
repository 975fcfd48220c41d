//! The directory by identity: shards that are replaced whole, so that a reader takes no lock and a change copies one shard.
use std::hash::BuildHasher as _;
use std::sync::Arc;

use arc_swap::ArcSwap;
use foldhash::fast::RandomState;
use hashbrown::HashTable;

/// How many shards a map has: one change among 10,000 entries copies some 40.
const SHARDS: u64 = 256;

/// One entry: the key beside what it leads to, so that a lookup compares without another step.
type Slot<K, V> = (Arc<K>, V);

/// One part of a map, replaced whole.
type Shard<K, V> = ArcSwap<HashTable<Slot<K, V>>>;

/// A map from borrowed keys to cheap clones.
pub(super) struct Shards<K: ?Sized, V> {
    shards: Box<[Shard<K, V>]>,
    hasher: RandomState,
}

impl<K: ?Sized + Eq + std::hash::Hash, V: Clone> Shards<K, V> {
    pub(super) fn new() -> Self {
        let shards = (0..SHARDS).map(|_| ArcSwap::from_pointee(HashTable::new())).collect();
        Self { shards, hasher: RandomState::default() }
    }

    /// What `key` leads to: one hash, no lock, no allocation.
    pub(super) fn get(&self, key: &K) -> Option<V> {
        let hash = self.hasher.hash_one(key);
        let shard = self.shard(hash)?.load();
        shard.find(hash, |(known, _)| **known == *key).map(|(_, value)| value.clone())
    }

    /// Puts an entry in place of the one of the same key. Writers take turns by a lock of their own.
    pub(super) fn put(&self, key: Arc<K>, value: V) {
        let hash = self.hasher.hash_one(&*key);
        self.change(hash, |table| {
            table.find_entry(hash, |(known, _)| *known == key).map(|entry| entry.remove()).ok();
            table.insert_unique(hash, (key, value), |(known, _)| self.hasher.hash_one(&**known));
        });
    }

    /// Takes an entry away if `is_it` says so.
    pub(super) fn remove(&self, key: &K, is_it: impl Fn(&V) -> bool) {
        let hash = self.hasher.hash_one(key);
        self.change(hash, |table| {
            table.find_entry(hash, |(known, value)| **known == *key && is_it(value)).map(|entry| entry.remove()).ok();
        });
    }

    /// Puts these entries in place of all.
    pub(super) fn replace(&self, entries: impl Iterator<Item = (Arc<K>, V)>) {
        let mut tables: Vec<HashTable<Slot<K, V>>> = (0..SHARDS).map(|_| HashTable::new()).collect();
        for (key, value) in entries {
            let hash = self.hasher.hash_one(&*key);
            if let Some(table) = tables.get_mut(place(hash)) {
                table.insert_unique(hash, (key, value), |(known, _)| self.hasher.hash_one(&**known));
            }
        }
        for (shard, table) in self.shards.iter().zip(tables) {
            shard.store(Arc::new(table));
        }
    }

    /// Every value, shard by shard.
    pub(super) fn values(&self) -> Vec<V> {
        self.shards
            .iter()
            .flat_map(|shard| shard.load().iter().map(|(_, value)| value.clone()).collect::<Vec<_>>())
            .collect()
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.shards.iter().map(|shard| shard.load().len()).sum()
    }

    fn change(&self, hash: u64, change: impl FnOnce(&mut HashTable<Slot<K, V>>)) {
        let Some(shard) = self.shard(hash) else { return };
        let mut table = HashTable::clone(&shard.load());
        change(&mut table);
        shard.store(Arc::new(table));
    }

    fn shard(&self, hash: u64) -> Option<&Shard<K, V>> {
        self.shards.get(place(hash))
    }
}

/// The shard of a hash, by bits that the table itself uses neither for its place (the lowest) nor for its tag (the highest seven).
fn place(hash: u64) -> usize {
    usize::try_from((hash >> 40) % SHARDS).unwrap_or(0)
}
