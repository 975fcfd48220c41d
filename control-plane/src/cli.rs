//! The command line: what an operator can say to this program.
use clap::{Args, Parser, Subcommand, ValueEnum};
use hotelhub_identity::StaffRole;
use hotelhub_protocol::Role;

use crate::config::{DatabaseFlags, Flags};
use crate::plans::PlacedIn;
use crate::remote::{Fleet, Tenants};

/// The control plane of HotelHub: hotels sign up here, staff look after them, nodes ask here what to serve.
///
/// A first start: `migrate` the central database, `serve --work`, then `cluster add` a Postgres server, `node enrol` a data-plane
/// process and `admin create` the first of the staff. Every setting is an environment variable; `config` shows what is in force.
#[derive(Parser, Debug)]
#[command(name = "hotelhub-control", version, after_help = EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  The central database, on a first start and after each new version:
    CENTRAL_DATABASE_URL=postgres://hotelhub:secret@localhost/central hotelhub-control migrate
  The plane itself:
    HOTELHUB_FEED_KEY_FILE=/run/secrets/feed HOTELHUB_SECRET_KEY_FILE=/run/secrets/plane … hotelhub-control serve --work
  A Postgres server for hotels; prints HOTELHUB_CLUSTER_KEYS for the nodes:
    hotelhub-control cluster add --id jkt-1 --host 10.0.0.5 --budget 200
  A node; prints its HOTELHUB_NODE_TOKEN and HOTELHUB_FEED_PUBLIC_KEY:
    hotelhub-control node enrol --name node-1 --roles serve,work
  The first of the staff; prints the password and the second factor's secret, once:
    hotelhub-control admin create --email sari@vendor.example --name 'Sari Dewi'
  A token for scripts, printed once; then hotels are looked after from anywhere:
    hotelhub-control token mint --email sari@vendor.example --name deploy --role support
    HOTELHUB_CONTROL_URL=https://hotelhub.id HOTELHUB_STAFF_TOKEN_FILE=token hotelhub-control tenants show melati";

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Answers visitors, staff and nodes until SIGTERM.
    Serve {
        /// All settings.
        #[command(flatten)]
        flags: Box<Flags>,
        /// Also runs what `work` runs, in the same process.
        #[arg(long)]
        work: bool,
    },
    /// Sends letters and keeps databases ready, without a door. Any number of processes may.
    Work {
        /// All settings.
        #[command(flatten)]
        flags: Box<Flags>,
    },
    /// Brings the central database to this version's schema. Safe to run twice and from two places.
    Migrate {
        /// The central database.
        #[command(flatten)]
        database: DatabaseFlags,
    },
    /// Prints the effective settings, secrets redacted.
    Config {
        /// All settings.
        #[command(flatten)]
        flags: Box<Flags>,
        /// Prints the reference of all settings instead, as a table.
        #[arg(long)]
        markdown: bool,
    },
    /// Prints the schema of the JSON API.
    Openapi,
    /// Staff accounts.
    #[command(subcommand)]
    Admin(Admin),
    /// Data-plane processes.
    #[command(subcommand)]
    Node(Node),
    /// Postgres servers for hotels' databases.
    #[command(subcommand)]
    Cluster(Cluster),
    /// What plans give their hotels.
    #[command(subcommand)]
    Plan(Plan),
    /// Access tokens for the staff's scripts.
    #[command(subcommand)]
    Token(Token),
    /// Hotels, looked after through the API of a running control plane.
    #[command(subcommand)]
    Tenants(Tenants),
    /// The schema of hotels' databases, brought up to date through the API of a running control plane.
    #[command(subcommand)]
    Fleet(Fleet),
}

/// Staff accounts.
#[derive(Subcommand, Debug)]
pub enum Admin {
    /// Creates a member of staff and prints the password and the second factor's secret, once.
    ///
    /// The first has to be a super_admin: from then on the staff invite one another in the panel.
    Create {
        /// All settings.
        #[command(flatten)]
        flags: Box<Flags>,
        /// The mail address to sign in with.
        #[arg(long)]
        email: String,
        /// The person's name.
        #[arg(long)]
        name: String,
        /// super_admin, sales, support, finance, dev_ops or read_only.
        #[arg(long, default_value = "super_admin", value_parser = role)]
        role: StaffRole,
        /// Reads the password from standard input instead of making one.
        #[arg(long)]
        password_stdin: bool,
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Access tokens for the staff's scripts.
#[derive(Subcommand, Debug)]
pub enum Token {
    /// Makes a token and prints it, once. It opens the API of hotels and fleet, not the panel, and nothing of the staff's own.
    Mint {
        /// All settings.
        #[command(flatten)]
        flags: Box<Flags>,
        /// Whom it acts for: the mail address of a member of staff. Switched off, they take it with them.
        #[arg(long)]
        email: String,
        /// What it is for.
        #[arg(long)]
        name: String,
        /// What it may at most, where that is less than its holder may: super_admin, sales, support, finance, dev_ops or read_only.
        #[arg(long, value_parser = role)]
        role: Option<StaffRole>,
        /// For how many days it opens anything.
        #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=366))]
        days: u16,
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists the tokens that open something now, as JSON, without their secrets.
    List {
        /// All settings.
        #[command(flatten)]
        flags: Box<Flags>,
    },
    /// Makes a token worth nothing.
    Revoke {
        /// All settings.
        #[command(flatten)]
        flags: Box<Flags>,
        /// Its id.
        #[arg(long)]
        id: uuid::Uuid,
    },
}

/// Data-plane processes.
#[derive(Subcommand, Debug)]
pub enum Node {
    /// Makes a token for a node, or a new one for a known node whose old one is then worth nothing, and prints it, once.
    Enrol {
        /// All settings.
        #[command(flatten)]
        flags: Box<Flags>,
        /// The node's name: small letters, digits and hyphens.
        #[arg(long)]
        name: String,
        /// What it may do.
        #[arg(long, value_enum, value_delimiter = ',', required = true)]
        roles: Vec<RoleName>,
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
    /// Retires a node that is gone for good: its token opens nothing, its connections are given to others.
    Retire {
        /// The central database.
        #[command(flatten)]
        database: DatabaseFlags,
        /// The node's name.
        #[arg(long)]
        name: String,
    },
}

/// Postgres servers for hotels' databases.
#[derive(Subcommand, Debug)]
pub enum Cluster {
    /// Takes a server into service, or changes a known one, and prints a fresh key for the passwords on it.
    ///
    /// The key is not kept here: give it to the nodes (HOTELHUB_CLUSTER_KEYS). A known server keeps the key it has. Nodes speak with it
    /// in the clear, without TLS: it stands on their machine, or in a network that nobody else hears.
    Add {
        /// The central database.
        #[command(flatten)]
        database: DatabaseFlags,
        /// The server.
        #[command(flatten)]
        server: Server,
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
}

/// What plans give their hotels.
#[derive(Subcommand, Debug)]
pub enum Plan {
    /// Says what hotels that choose a plan from now on are placed in. Those it has stay where they are.
    Place {
        /// The central database.
        #[command(flatten)]
        database: DatabaseFlags,
        /// The plan: starter, growth, pro or enterprise.
        #[arg(long)]
        id: String,
        /// `database`: one of their own. `schema`: a schema in a database that others share, which every node in service must know of:
        /// older programs cannot enter it.
        #[arg(long = "in", value_parser = placed_in)]
        placed_in: PlacedIn,
    },
}

/// Reads what hotels are placed in.
pub(crate) fn placed_in(text: &str) -> Result<PlacedIn, String> {
    PlacedIn::read(text).ok_or_else(|| "it is `database` or `schema`".to_owned())
}

/// A Postgres server.
#[derive(Args, Debug)]
#[group(skip)]
pub struct Server {
    /// Its name: small letters, digits and hyphens.
    #[arg(long)]
    pub id: String,
    /// Its address as nodes reach it; what they say to it is not encrypted.
    #[arg(long)]
    pub host: String,
    /// Its port.
    #[arg(long, default_value_t = 5432)]
    pub port: u16,
    /// Connections all nodes together may open, below the server's max_connections.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub budget: u32,
    /// Databases it may hold.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub capacity: u32,
    /// Whom it is for: any hotel, hotels that share it, or one hotel alone, as Enterprise has it. A known server stays what it is.
    #[arg(long, value_parser = ["any", "shared", "alone"])]
    pub tier: Option<String>,
}

/// Reads a staff role's name.
fn role(text: &str) -> Result<StaffRole, String> {
    StaffRole::try_from(text.to_owned())
}

/// A role on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RoleName {
    /// Answers guests and staff.
    Serve,
    /// Runs queues and schedules.
    Work,
    /// Creates and changes hotels' databases.
    Fleet,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Serve => Self::Serve,
            RoleName::Work => Self::Work,
            RoleName::Fleet => Self::Fleet,
        }
    }
}
