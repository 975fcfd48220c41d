//! What a file inside a plane may reach: nobody's store but its own, and a model nothing that waits, asks the time or speaks SQL.
use super::tokens::{self, Kind, Token};

/// Libraries a model never names.
const DRIVERS: &[&str] = &["sqlx", "tokio_postgres", "deadpool", "deadpool_postgres"];

/// A file of a folder, by its name, and the neighbours it must not name.
const MUST_NOT_NAME: &[(&str, &[&str])] =
    &[("model", &["store", "routes", "pages", "jobs"]), ("store", &["routes", "pages", "jobs"])];

/// Every rule the source of one file breaks, as a sentence with its line. `file` is relative to the plane's `src`.
pub(super) fn wrong_source(file: &str, source: &str) -> Vec<String> {
    let module = module_of(file);
    let tokens = tokens::read(source);
    let mut wrong = Vec::new();
    for (line, path) in paths(&module, &tokens) {
        if let Some(sentence) = foreign_store(&module, &path).or_else(|| upward(&module, &path)) {
            wrong.push(format!("{file}:{line}: {sentence}"));
        }
    }
    wrong.extend(
        open_stores(&tokens).into_iter().map(|line| format!("{file}:{line}: a store is private to its folder")),
    );
    if module.last().is_some_and(|name| name == "model")
        || module.iter().rev().nth(1).is_some_and(|name| name == "model")
    {
        wrong.extend(impure(&tokens).into_iter().map(|(line, what)| format!("{file}:{line}: a model holds no {what}")));
    }
    wrong
}

/// `hotel/rooms/routes.rs` → `[hotel, rooms, routes]`; `hotel/rooms/mod.rs` → `[hotel, rooms]`.
fn module_of(file: &str) -> Vec<String> {
    let mut parts: Vec<String> = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
        parts.pop();
    }
    parts
}

fn foreign_store(module: &[String], path: &[String]) -> Option<String> {
    let at = path.iter().position(|part| part == "store")?;
    let owner = &path[..at];
    (!module.starts_with(owner)).then(|| format!("reaches into the store of {}", owner.join("::")))
}

fn upward(module: &[String], path: &[String]) -> Option<String> {
    let (at, forbidden) = module.iter().enumerate().find_map(|(at, part)| {
        let (_, forbidden) = MUST_NOT_NAME.iter().find(|(name, _)| name == part)?;
        Some((at, *forbidden))
    })?;
    let neighbour = path.get(at).filter(|_| path[..at] == module[..at])?;
    forbidden.contains(&neighbour.as_str()).then(|| format!("{} must not name {neighbour}", module[at]))
}

/// The lines that declare a store others can see.
fn open_stores(tokens: &[Token]) -> Vec<usize> {
    let is = |at: usize, word: &str| matches!(tokens.get(at), Some(Token { kind: Kind::Word(w), .. }) if w == word);
    let closes = |at: usize| matches!(tokens.get(at), Some(Token { kind: Kind::Mark(')'), .. }));
    (1..tokens.len())
        .filter(|&at| is(at, "mod") && is(at + 1, "store") && (is(at - 1, "pub") || closes(at - 1)))
        .map(|at| tokens[at].line)
        .collect()
}

fn impure(tokens: &[Token]) -> Vec<(usize, &'static str)> {
    tokens.iter().filter_map(|token| Some((token.line, impurity(&token.kind)?))).collect()
}

fn impurity(kind: &Kind) -> Option<&'static str> {
    match kind {
        Kind::Word(word) if word == "async" || word == "await" => Some("async"),
        Kind::Word(word) if word == "Clock" => Some("clock"),
        Kind::Word(word) if DRIVERS.contains(&word.as_str()) => Some("database driver"),
        Kind::Text(text) if is_sql(text) => Some("SQL"),
        _ => None,
    }
}

fn is_sql(text: &str) -> bool {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let has = |word: &str| words.iter().any(|w| w == word);
    match words.first().map(String::as_str) {
        Some("select") => has("from"),
        Some("insert") => has("into"),
        Some("update") => has("set"),
        Some("delete") => has("from"),
        Some("with") => has("as") && has("select"),
        _ => false,
    }
}

/// Every path of the file that begins with `crate`, `self` or `super`, resolved from the crate's root, with its line.
fn paths(module: &[String], tokens: &[Token]) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    let mut inline: Vec<(String, usize)> = Vec::new();
    let mut depth = 0;
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at].kind {
            Kind::Mark('{') => depth += 1,
            Kind::Mark('}') => {
                depth -= 1;
                inline.retain(|(_, opened)| *opened <= depth);
            }
            Kind::Word(word) if word == "mod" => {
                if let (Some(Kind::Word(name)), Some(Kind::Mark('{'))) = (kind(tokens, at + 1), kind(tokens, at + 2)) {
                    inline.push((name.clone(), depth + 1));
                }
            }
            Kind::Word(word) if is_anchor(word) && kind(tokens, at + 1) == Some(&Kind::Path) => {
                let here: Vec<String> =
                    module.iter().cloned().chain(inline.iter().map(|(name, _)| name.clone())).collect();
                let mut tails = Vec::new();
                at = tree(tokens, at, &mut Vec::new(), &mut tails);
                found.extend(tails.into_iter().map(|(line, tail)| (line, resolve(&here, &tail))));
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

fn kind(tokens: &[Token], at: usize) -> Option<&Kind> {
    tokens.get(at).map(|token| &token.kind)
}

fn is_anchor(word: &str) -> bool {
    ["crate", "self", "super"].contains(&word)
}

/// Reads one use tree at `at` below `prefix`, adds each path it spells to `found`, and says where it ends.
fn tree(tokens: &[Token], mut at: usize, prefix: &mut Vec<String>, found: &mut Vec<(usize, Vec<String>)>) -> usize {
    let depth = prefix.len();
    loop {
        match kind(tokens, at) {
            Some(Kind::Word(word)) => {
                prefix.push(word.clone());
                at += 1;
                if kind(tokens, at) == Some(&Kind::Path) {
                    at += 1;
                    continue;
                }
            }
            Some(Kind::Mark('{')) => {
                at += 1;
                while at < tokens.len() && kind(tokens, at) != Some(&Kind::Mark('}')) {
                    at = tree(tokens, at, prefix, found).max(at + 1);
                    while !matches!(kind(tokens, at), None | Some(Kind::Mark(',' | '}'))) {
                        at += 1;
                    }
                    at += usize::from(kind(tokens, at) == Some(&Kind::Mark(',')));
                }
                prefix.truncate(depth);
                return at + 1;
            }
            _ => {}
        }
        let line = tokens.get(at.saturating_sub(1)).map_or(0, |token| token.line);
        found.push((line, prefix.clone()));
        prefix.truncate(depth);
        return at;
    }
}

fn resolve(here: &[String], path: &[String]) -> Vec<String> {
    let mut resolved: Vec<String> = Vec::new();
    for (at, part) in path.iter().enumerate() {
        match part.as_str() {
            "crate" => resolved.clear(),
            "self" if at == 0 => resolved = here.to_vec(),
            "self" => {}
            "super" => {
                if at == 0 {
                    resolved = here.to_vec();
                }
                resolved.pop();
            }
            _ => resolved.push(part.clone()),
        }
    }
    resolved
}
