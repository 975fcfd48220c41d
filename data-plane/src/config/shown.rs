//! The settings for eyes: what is in effect, and what there is.
use std::fmt::Write as _;

use clap::{CommandFactory as _, FromArgMatches as _};

use super::options::{BadSettings, Cli, matches};

/// `NAME=value` per line, in the order of `--help`; a secret shows only that it is given.
pub fn effective() -> Result<String, BadSettings> {
    let matches = matches()?;
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let command = Cli::command();
    let mut text = String::new();
    for argument in settings(&command) {
        let Some(name) = argument.get_env().and_then(|name| name.to_str()) else { continue };
        let values = matches.get_raw(argument.get_id().as_str());
        let values = values.map(|values| values.map(|value| value.to_string_lossy()).collect::<Vec<_>>().join(","));
        let shown = match values {
            Some(_) if argument.is_hide_env_values_set() => "[redacted]".to_owned(),
            Some(value) => value,
            None if name == "HOTELHUB_PUBLIC_SCHEME" => cli.scheme().as_str().to_owned(),
            None => String::new(),
        };
        let _ = writeln!(text, "{name}={shown}");
    }
    Ok(text)
}

/// The reference of all settings.
pub fn as_markdown() -> String {
    let command = Cli::command();
    let mut text = String::from("| variable | flag | default | meaning |\n| --- | --- | --- | --- |\n");
    for argument in settings(&command) {
        let name = argument.get_env().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let file = if argument.is_hide_env_values_set() { format!(", `{name}_FILE`") } else { String::new() };
        let default: Vec<_> = argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
        let default = if default.is_empty() { String::new() } else { format!("`{}`", default.join(",")) };
        let meaning = argument.get_help().map(ToString::to_string).unwrap_or_default().replace('|', "\\|");
        let _ =
            writeln!(text, "| `{name}`{file} | `--{}` | {default} | {meaning} |", argument.get_long().unwrap_or(""));
    }
    text
}

fn settings(command: &clap::Command) -> impl Iterator<Item = &clap::Arg> {
    command.get_arguments().filter(|argument| argument.get_env().is_some())
}
