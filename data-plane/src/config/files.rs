//! `NAME_FILE` beside every secret `NAME`: the value out of a file, so that it stands in no environment.
use std::ffi::OsString;

use super::options::BadSettings;

/// The arguments with what the files say put before the flags, so that a flag still wins.
pub(super) fn with_files(
    command: &clap::Command,
    arguments: impl Iterator<Item = OsString>,
) -> Result<Vec<OsString>, BadSettings> {
    let mut arguments: Vec<OsString> = arguments.collect();
    for argument in command.get_arguments().filter(|argument| argument.is_hide_env_values_set()) {
        let (Some(variable), Some(flag)) = (argument.get_env().and_then(|name| name.to_str()), argument.get_long())
        else {
            continue;
        };
        #[expect(clippy::disallowed_methods, reason = "this is where settings are read")]
        let (given, path) = (std::env::var_os(variable), std::env::var_os(format!("{variable}_FILE")));
        if let (None, Some(path)) = (given, path) {
            let shown = path.to_string_lossy().into_owned();
            let text =
                std::fs::read_to_string(&path).map_err(|error| BadSettings::File(variable.to_owned(), shown, error))?;
            let place = arguments.len().min(1);
            arguments.insert(place, format!("--{flag}={}", text.trim_end_matches(['\r', '\n'])).into());
        }
    }
    Ok(arguments)
}
