//! Every statement of every store fits the schema, every store shows its statements, and every constraint that code names is there.
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use hotelhub_data_plane::statements;
use hotelhub_tenant_migrations::{Product, migrate, migrate_until, needed};
use hotelhub_testkit::{Scratch, env};
use tokio_postgres::Client;

const CONSTRAINTS: &str = "
    select conname::text from pg_constraint
    union select indexrelid::regclass::text from pg_index where indisunique";
const TABLES: &str = "select tablename::text from pg_tables where schemaname = 'public'";

/// A database as a new hotel has it, and one as a hotel has it whose last migration failed.
async fn newest_and_oldest() -> [(Scratch, Client); 2] {
    let empty = async || {
        let scratch = Scratch::create(&env::postgres(), None).await.unwrap();
        let client = scratch.connect().await.unwrap();
        (scratch, client)
    };
    let (mut newest, mut oldest) = (empty().await, empty().await);
    migrate(&mut newest.1, Product::Hotel).await.unwrap();
    migrate_until(&mut oldest.1, Product::Hotel, needed(Product::Hotel)).await.unwrap();
    [newest, oldest]
}

#[tokio::test]
async fn every_statement_is_understood_by_the_newest_schema_and_by_the_oldest_that_is_served() {
    let [newest, oldest] = newest_and_oldest().await;
    for (_scratch, client) in [newest, oldest] {
        let wrong = not_understood(&client).await;
        assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    }
}

/// The statements that a database refuses, each with its reason.
async fn not_understood(client: &Client) -> Vec<String> {
    let mut wrong = Vec::new();
    for (capability, statements) in statements::all() {
        for sql in statements {
            if let Err(error) = client.prepare(sql).await {
                let said = error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned());
                wrong.push(format!("{capability}: {said}\n{sql}"));
            }
        }
    }
    wrong
}

/// What stands for all columns means others after a migration, and a plan that is kept then fails.
#[test]
fn every_statement_names_its_columns() {
    let mut unnamed = Vec::new();
    for (capability, statements) in statements::all() {
        for sql in statements {
            let words = sql.split_whitespace().collect::<Vec<_>>().join(" ");
            if ["select *", "select distinct *", "returning *", ".*"].iter().any(|all| words.contains(all)) {
                unnamed.push(format!("{capability}: {sql}"));
            }
        }
    }
    assert!(unnamed.is_empty(), "{}", unnamed.join("\n\n"));
}

#[test]
fn no_store_keeps_a_statement_from_this_test() {
    let shown: BTreeSet<&str> =
        statements::all().iter().flat_map(|(_, statements)| statements.iter().copied()).collect();
    let (mut kept, mut seen) = (Vec::new(), 0);
    for file in sources().into_iter().filter(|file| !is_administrators(file)) {
        let text = fs::read_to_string(&file).unwrap();
        for (name, sql) in constants(&text) {
            seen += usize::from(is_sql(sql));
            if is_sql(sql) && !shown.contains(sql) {
                kept.push(format!("{} in {}", name, file.display()));
            }
        }
    }
    assert!(seen >= shown.len(), "{seen} of {} statements were found in the sources", shown.len());
    assert!(kept.is_empty(), "these are in no STATEMENTS that statements.rs lists:\n{}", kept.join("\n"));
}

#[tokio::test]
async fn every_constraint_that_code_names_exists() {
    let [newest, oldest] = newest_and_oldest().await;
    for (_scratch, client) in [newest, oldest] {
        let column = async |sql| -> BTreeSet<String> {
            client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
        };
        all_named_exist(&column(CONSTRAINTS).await, &column(TABLES).await);
    }
}

fn all_named_exist(known: &BTreeSet<String>, tables: &BTreeSet<String>) {
    let of_a_table = |name: &str| {
        tables.iter().any(|table| name.strip_prefix(table.as_str()).is_some_and(|rest| rest.starts_with('_')))
    };
    let mut named = 0;
    for file in sources() {
        let text = fs::read_to_string(&file).unwrap();
        for name in literals_near_refusals(&text).into_iter().filter(|name| of_a_table(name)) {
            assert!(known.contains(name), "{} names a constraint that does not exist: {name}", file.display());
            named += 1;
        }
    }
    assert!(named > 0, "no constraint was found in the sources: the test looks for the wrong thing");
}

/// Every source file but the tests.
fn sources() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") && !path.to_string_lossy().contains("tests")
            {
                files.push(path);
            }
        }
    }
    files
}

/// What the fleet role says to a server is not said to a tenant's schema.
fn is_administrators(file: &Path) -> bool {
    ["admin", "database", "disk", "inventory", "retire", "schema", "template"]
        .iter()
        .any(|own| file.ends_with(format!("fleet/{own}.rs")))
}

/// Names and values of `const NAME: &str = "…";`.
fn constants(text: &str) -> Vec<(&str, &str)> {
    let of_declaration = |declaration: &'_ str| -> Option<(usize, usize)> {
        let name = declaration.find(": &str =")?;
        let value = declaration[name..].trim_start_matches(": &str =").trim_start();
        value.starts_with('"').then_some((name, declaration.len() - value.len() + 1))
    };
    let declarations = text.match_indices("const ").map(|(at, word)| &text[at + word.len()..]);
    let constants = declarations.filter_map(|declaration| {
        let line_end = declaration.find([';', '\n'])?;
        let (name, value) = of_declaration(declaration)?;
        let end = declaration[value..].find('"')?;
        (name < line_end).then(|| (&declaration[..name], &declaration[value..value + end]))
    });
    constants.collect()
}

fn is_sql(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default();
    ["select", "insert", "update", "delete", "with"].contains(&first)
}

/// The string literals within a few lines of where a constraint's name is asked for.
fn literals_near_refusals(text: &str) -> BTreeSet<&str> {
    const NEAR: usize = 8;
    let lines: Vec<&str> = text.lines().collect();
    let asks = |line: &str| line.contains(".constraint()") || line.contains(".refusal(");
    let near = (0..lines.len()).filter(|&at| lines[at.saturating_sub(NEAR)..=at].iter().any(|line| asks(line)));
    let ends = ["_unique", "_fkey", "_once", "_pkey"];
    let literals = |line: &'_ str| line.split('"').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let is_near: BTreeSet<usize> = near.collect();
    let mut found = BTreeSet::new();
    for (at, line) in lines.iter().enumerate() {
        for literal in literals(line) {
            let is_name = literal.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
            if is_name && (is_near.contains(&at) || ends.iter().any(|end| literal.ends_with(end))) {
                let start = line.find(&literal).unwrap();
                found.insert(&line[start..start + literal.len()]);
            }
        }
    }
    found
}
