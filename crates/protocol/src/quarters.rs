//! Where on a server a tenant's tables lie, by the one name that orders and records have for it.

/// Where a tenant's tables lie: `t_…` is a database of its own, `s_….t_…` the schema of that name in a database that others share. Each part
/// is a letter, `_` and 32 hexadecimal digits, safe to write into SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quarters<'a> {
    /// A database of the tenant's own: its role has the same name.
    Database(&'a str),
    /// A schema in a shared database.
    Schema {
        /// The database.
        database: &'a str,
        /// The schema: its role has the same name.
        schema: &'a str,
    },
}

impl<'a> Quarters<'a> {
    /// Reads a name exactly as the control plane gives it.
    pub fn parse(name: &'a str) -> Option<Self> {
        match name.split_once('.') {
            None => is_named(name, "t_").then_some(Self::Database(name)),
            Some((database, schema)) => {
                (is_named(database, "s_") && is_named(schema, "t_")).then_some(Self::Schema { database, schema })
            }
        }
    }

    /// The database that is entered.
    pub fn database(self) -> &'a str {
        match self {
            Self::Database(database) | Self::Schema { database, .. } => database,
        }
    }

    /// The schema that holds the tables.
    pub fn schema(self) -> &'a str {
        match self {
            Self::Database(_) => "public",
            Self::Schema { schema, .. } => schema,
        }
    }

    /// The login role that may go there, and nowhere else.
    pub fn role(self) -> &'a str {
        match self {
            Self::Database(role) | Self::Schema { schema: role, .. } => role,
        }
    }
}

/// Whether this names a database that tenants share: `s_` and 32 hexadecimal digits.
pub fn is_shared(name: &str) -> bool {
    is_named(name, "s_")
}

fn is_named(text: &str, letter: &str) -> bool {
    let digits = text.strip_prefix(letter).unwrap_or_default();
    digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}
