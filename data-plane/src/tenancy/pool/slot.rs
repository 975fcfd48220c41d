//! Where a tenant's pool is, once somebody has asked for it.
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::TenantPool;

/// The place of one pool, shared by all directory entries of one placement. Closed once, for ever.
#[derive(Default)]
pub(in crate::tenancy) struct PoolSlot(Mutex<State>);

#[derive(Default)]
enum State {
    #[default]
    Empty,
    Open(Arc<TenantPool>),
    Closed,
}

impl PoolSlot {
    /// The pool, made now if nobody asked before; none when the placement is over or cannot be reached from here.
    pub(super) fn open(self: &Arc<Self>, make: impl FnOnce() -> Option<Arc<TenantPool>>) -> Option<Arc<TenantPool>> {
        let mut state = self.state();
        match &*state {
            State::Open(pool) => return Some(pool.clone()),
            State::Closed => return None,
            State::Empty => {}
        }
        let pool = make()?;
        pool.live_in(self);
        *state = State::Open(pool.clone());
        Some(pool)
    }

    /// No connection is lent any more; those that are out are closed when they come back.
    pub(in crate::tenancy) fn close(&self) {
        if let State::Open(pool) = std::mem::replace(&mut *self.state(), State::Closed) {
            pool.close();
        }
    }

    /// Follows a plan that changed.
    pub(in crate::tenancy) fn resize(&self, connections: u16) {
        if let State::Open(pool) = &*self.state() {
            pool.resize(connections);
        }
    }

    /// Lets go of a pool that nobody but the slot and its server hold, so that a quiet tenant costs nothing.
    pub(super) fn forget_unused(&self, pool: &Arc<TenantPool>) {
        let mut state = self.state();
        let held = matches!(&*state, State::Open(known) if Arc::ptr_eq(known, pool));
        // The slot, the server's list, and the caller.
        if held && pool.is_empty() && Arc::strong_count(pool) <= 3 {
            *state = State::Empty;
            pool.close();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
