//! How a node learns its tenants and its rights: from the control plane, or from one database.
