//! Roles as the database and the command line write them.
use hotelhub_protocol::Role;

/// All roles.
pub(crate) const ALL: [Role; 3] = [Role::Serve, Role::Work, Role::Fleet];

/// A role's name.
pub(crate) fn text(role: Role) -> &'static str {
    match role {
        Role::Serve => "serve",
        Role::Work => "work",
        Role::Fleet => "fleet",
    }
}

/// The role of this name.
pub(crate) fn read(name: &str) -> Option<Role> {
    ALL.into_iter().find(|&role| text(role) == name)
}
