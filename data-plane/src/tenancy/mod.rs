//! From a host to a connection: directory, placement, pool, [`Tenant`].
