//! What the command line does besides serving: small, direct changes of the central database, each in the audit log.
use std::io::BufRead;

use anyhow::{Context as _, Result, bail};
use clap::Arg;
use hotelhub_kernel::{Clock, Entropy, Key};
use serde_json::json;

use crate::App;
use crate::audit::{self, Actor};
use crate::cli::{Admin, Cluster, Node, Plan, Server, Token};
use crate::config::{DatabaseFlags, Flags, Settings};
use crate::database::{Database, DbError};
use crate::fleet::clusters::{self, NewCluster};
use crate::fleet::nodes;
use crate::plans::{self, PlacedIn};
use crate::staff::{self, tokens};

/// Brings the central database to the built-in schema; how many migrations ran.
pub async fn migrate(database: &DatabaseFlags) -> Result<usize> {
    hotelhub_central_migrations::migrate(database.url()?.expose())
        .await
        .context("the central database was not migrated")
}

/// A database for one short command.
fn open(database: &DatabaseFlags) -> Result<Database> {
    Database::open(database.url()?.expose(), 2).context("CENTRAL_DATABASE_URL")
}

/// Makes staff accounts.
pub async fn admin(admin: Admin) -> Result<String> {
    let Admin::Create { flags, email, name, role, password_stdin, json } = admin;
    let app = App::new(flags.settings()?, Clock::wall(), Entropy::system())?;
    let given = if password_stdin { Some(first_line(std::io::stdin().lock())?) } else { None };
    let made = staff::create(&app, &email, &name, role, given).await?;
    if json {
        let shown = json!({
            "email": made.email, "role": role.as_str(), "password": made.password, "totp_secret": made.totp_secret, "totp_uri": made.totp_uri,
            "recovery_codes": made.recovery_codes,
        });
        return Ok(shown.to_string());
    }
    let codes = made.recovery_codes.join("\n  ");
    Ok(format!(
        "{} may sign in as {}.\npassword: {}\nauthenticator: {}\n{}\nrecovery codes, each for once:\n  {codes}",
        made.email,
        role.as_str(),
        made.password,
        made.totp_secret,
        made.totp_uri
    ))
}

/// Makes, lists and revokes access tokens.
pub async fn token(token: Token) -> Result<String> {
    let app = |flags: Box<Flags>| App::new(flags.settings()?, Clock::wall(), Entropy::system());
    match token {
        Token::Mint { flags, email, name, role, days, json } => {
            let minted = tokens::mint(&app(flags)?, &email, &name, role, days).await?;
            let text = format!(
                "HOTELHUB_STAFF_TOKEN={}\nIt opens until {}; its id is {}.",
                minted.token, minted.expires_at, minted.id
            );
            Ok(if json { serde_json::to_string(&minted)? } else { text })
        }
        Token::List { flags } => Ok(serde_json::to_string_pretty(&tokens::list(&app(flags)?).await?)?),
        Token::Revoke { flags, id } => match tokens::revoke(&app(flags)?, id).await? {
            true => Ok(format!("{id} opens nothing any more.")),
            false => bail!("no token that opens anything has the id {id}"),
        },
    }
}

/// A secret typed or piped in, without its line end.
fn first_line(mut input: impl BufRead) -> Result<String> {
    let mut line = String::new();
    input.read_line(&mut line).context("standard input")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Enrols and retires nodes.
pub async fn node(node: Node) -> Result<String> {
    match node {
        Node::Enrol { flags, name, roles, json } => {
            let app = App::new(flags.settings()?, Clock::wall(), Entropy::system())?;
            let roles: Vec<_> = roles.into_iter().map(Into::into).collect();
            let now = app.clock.now();
            let mut tx = app.db.begin().await?;
            let enrolled = nodes::enrol(&mut tx, &name, &roles, &app.entropy, now).await.map_err(bad_name)?;
            audit::record(&mut tx, now, &Actor::Command, "node.enrol", ("node", &name), None, json!({})).await?;
            tx.commit().await?;
            let public = app.feed_key.verifier().to_base64();
            let shown = json!({ "name": enrolled.name, "token": enrolled.token, "feed_public_key": public });
            let text = format!("HOTELHUB_NODE_TOKEN={}\nHOTELHUB_FEED_PUBLIC_KEY={public}", enrolled.token);
            Ok(if json { shown.to_string() } else { text })
        }
        Node::Retire { database, name } => {
            let (db, now) = (open(&database)?, Clock::wall().now());
            let mut tx = db.begin().await?;
            if !nodes::retire(&mut tx, &name, now).await? {
                bail!("no node in service has the name {name}");
            }
            audit::record(&mut tx, now, &Actor::Command, "node.retire", ("node", &name), None, json!({})).await?;
            tx.commit().await?;
            Ok(format!("{name} is retired: its token opens nothing, its connections are free."))
        }
    }
}

fn bad_name(error: DbError) -> anyhow::Error {
    match error.constraint() {
        Some("nodes_name_shape") => anyhow::anyhow!("a node's name is made of small letters, digits and hyphens"),
        _ => error.into(),
    }
}

/// Takes Postgres servers into service.
pub async fn cluster(cluster: Cluster) -> Result<String> {
    let Cluster::Add { database, server, json } = cluster;
    let Server { id, host, port, budget, capacity, tier } = server;
    let (db, now) = (open(&database)?, Clock::wall().now());
    let mut tx = db.begin().await?;
    let new = NewCluster { id: id.clone(), host, port, budget, capacity, tier };
    let added = clusters::add(&mut tx, &new, now).await.map_err(bad_cluster)?;
    let details = json!({ "host": new.host, "port": port, "budget": budget, "capacity": capacity, "tier": new.tier });
    audit::record(&mut tx, now, &Actor::Command, "cluster.add", ("cluster", &id), None, details).await?;
    tx.commit().await?;
    let key = Key::new(Entropy::system().bytes()).expose_base64();
    Ok(match (json, added) {
        (true, clusters::Added::New) => json!({ "id": id, "key": key }).to_string(),
        (true, clusters::Added::Changed) => json!({ "id": id }).to_string(),
        (false, clusters::Added::New) => format!(
            "{id} is in service. Give its nodes HOTELHUB_CLUSTER_KEYS={id}={key}\n\
             They speak with it in the clear: see to it that nobody else hears the network between them."
        ),
        (false, clusters::Added::Changed) => format!("{id} is changed and keeps its key."),
    })
}

fn bad_cluster(error: DbError) -> anyhow::Error {
    match error.constraint() {
        Some("clusters_id_shape") => anyhow::anyhow!("a cluster's name is made of small letters, digits and hyphens"),
        Some("clusters_address_unique") => anyhow::anyhow!("another cluster has this address"),
        _ => error.into(),
    }
}

/// Says what plans give their hotels.
pub async fn plan(plan: Plan) -> Result<String> {
    let Plan::Place { database, id, placed_in } = plan;
    let (db, now) = (open(&database)?, Clock::wall().now());
    let mut tx = db.begin().await?;
    if !plans::place(&mut tx, &id, placed_in).await? {
        bail!("there is no plan {id}");
    }
    let details = json!({ "placed_in": placed_in.as_str() });
    audit::record(&mut tx, now, &Actor::Command, "plan.place", ("plan", &id), None, details).await?;
    tx.commit().await?;
    let told = format!("Hotels that choose {id} from now on are placed in a {}.", placed_in.as_str());
    Ok(match placed_in {
        PlacedIn::Database => told,
        PlacedIn::Schema => format!("{told} No node of an older program may be in service: it cannot enter them."),
    })
}

/// The effective settings, one a line.
pub fn settings_shown(settings: &Settings) -> String {
    settings.shown().iter().map(|(name, value)| format!("{name}={value}\n")).collect()
}

/// Every setting of `serve`, as a table of Markdown.
pub fn settings_table(command: &mut clap::Command) -> String {
    let lead = "| setting | default | meaning |\n| --- | --- | --- |\n".to_owned();
    let serve = command.find_subcommand("serve").into_iter();
    let rows = serve.flat_map(|serve| serve.get_arguments()).filter_map(|argument| {
        let name = argument.get_env()?.to_str()?;
        Some(format!("| `{name}` | {} | {} |\n", default_of(argument), help_of(argument)))
    });
    rows.fold(lead, |table, row| table + &row)
}

fn default_of(argument: &Arg) -> String {
    let values: Vec<_> = argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if values.is_empty() { String::new() } else { format!("`{}`", values.join(",")) }
}

fn help_of(argument: &Arg) -> String {
    argument.get_help().map(|help| help.to_string().replace('|', "\\|")).unwrap_or_default()
}
