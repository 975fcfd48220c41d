//! Rust source as words: enough of a reader to see paths, without comments and with strings kept apart.

/// One piece of source and the line it begins on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) line: usize,
    pub(super) kind: Kind,
}

/// What a piece is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or a keyword, or a number.
    Word(String),
    /// The inside of a string literal.
    Text(String),
    /// `::`
    Path,
    /// Any other single character.
    Mark(char),
}

/// Cuts a source file into tokens; what it does not understand becomes a mark.
pub(super) fn read(source: &str) -> Vec<Token> {
    let mut reader = Reader { rest: source, line: 1 };
    let mut tokens = Vec::new();
    while let Some(first) = reader.rest.chars().next() {
        let line = reader.line;
        if let Some(kind) = reader.next(first) {
            tokens.push(Token { line, kind });
        }
    }
    tokens
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self, first: char) -> Option<Kind> {
        if first.is_whitespace() {
            self.take(first.len_utf8());
            return None;
        }
        if self.rest.starts_with("//") {
            self.take(self.rest.find('\n').unwrap_or(self.rest.len()));
            return None;
        }
        if self.rest.starts_with("/*") {
            self.take(end_of_comment(self.rest));
            return None;
        }
        if let Some((opening, closing, escapes)) = string_fence(self.rest) {
            return Some(Kind::Text(self.string(opening, &closing, escapes)));
        }
        if first == '\'' {
            self.take(end_of_quote(self.rest));
            return None;
        }
        if first.is_alphanumeric() || first == '_' {
            let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest.len());
            return Some(Kind::Word(self.take(end).to_owned()));
        }
        if self.rest.starts_with("::") {
            self.take(2);
            return Some(Kind::Path);
        }
        self.take(first.len_utf8());
        Some(Kind::Mark(first))
    }

    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes.min(self.rest.len()));
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken
    }

    /// Reads a string whose opening is `opening` bytes long; `closing` is what ends it.
    fn string(&mut self, opening: usize, closing: &str, escapes: bool) -> String {
        self.take(opening);
        let mut end = 0;
        while !self.rest[end..].is_empty() && !self.rest[end..].starts_with(closing) {
            let escaped = escapes && self.rest[end..].starts_with('\\');
            let mut steps = self.rest[end..].chars();
            end += steps.next().map_or(0, char::len_utf8);
            if escaped {
                end += steps.next().map_or(0, char::len_utf8);
            }
        }
        let inside = self.take(end).to_owned();
        self.take(closing.len());
        inside
    }
}

/// The length of a string's opening, the text that closes it and whether a backslash escapes, if one begins here.
fn string_fence(rest: &str) -> Option<(usize, String, bool)> {
    let begins =
        |after: &str, prefix: &str| after.starts_with('"') || (prefix.ends_with('r') && after.starts_with('#'));
    let (prefix, after) = ["br", "cr", "r", "b", "c", ""]
        .into_iter()
        .filter_map(|prefix| Some((prefix, rest.strip_prefix(prefix)?)))
        .find(|(prefix, after)| begins(after, prefix))?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].starts_with('"').then(|| match prefix.ends_with('r') {
        true => (prefix.len() + hashes + 1, format!("\"{}", "#".repeat(hashes)), false),
        false => (prefix.len() + 1, "\"".to_owned(), true),
    })
}

fn end_of_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// The end of a character literal or of a lifetime's quote.
fn end_of_quote(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => {
            chars.next();
            chars.find(|(_, c)| *c == '\'').map_or(rest.len(), |(at, _)| at + 1)
        }
        Some(_) => match chars.next() {
            Some((at, '\'')) => at + 1,
            _ => 1,
        },
        None => 1,
    }
}
