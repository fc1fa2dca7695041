//! Connection strings: URLs in which `${NAME}` stands for a secret that only the worker knows.
use std::{env, path::PathBuf, sync::LazyLock};

use percent_encoding::{
    AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode,
};
use regex::Regex;
use url::Url;

use super::failures::{Result, invalid_input};

static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\$\{([A-Za-z0-9_]+)\}").unwrap()
});

/// What a part of a URL cannot hold as it is.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Puts the worker's environment into a connection string.
///
/// A name stands for one part of the URL (a password, a host, a token), so its value is
/// percent-encoded. Fails with `InvalidInput` that names an unset variable, or says that the URL is
/// none; neither message holds a value.
// #region resolve
pub fn resolve(
    connection: &str,
    schemes: &[&str],
) -> Result<Url> {
    // #step Secrets come from the worker's environment
    let mut filled = connection.to_owned();
    for found in PLACEHOLDER.captures_iter(connection) {
        let (placeholder, [name]) = found.extract();
        let value = env::var(name).map_err(|_| {
            invalid_input(format!(
                "environment variable {name} is not set"
            ))
        })?;
        let encoded = utf8_percent_encode(&value, RESERVED);
        filled =
            filled.replace(placeholder, &encoded.to_string());
    }

    // #step A connection string is a URL of a known scheme
    Url::parse(&filled)
        .ok()
        .filter(|url| schemes.contains(&url.scheme()))
        .ok_or_else(|| {
            let known = schemes.join(" or ");
            invalid_input(format!(
                "connection_string: must be a {known} URL"
            ))
        })
}
// #endregion resolve

/// The path that a `file` URL names.
pub fn resolve_path(connection: &str) -> Result<PathBuf> {
    resolve(connection, &["file"])?.to_file_path().map_err(
        |()| {
            invalid_input(
                "connection_string: must be a file URL",
            )
        },
    )
}
