//! Connection strings: URLs in which `${NAME}` stands for a secret that only the worker knows.
use std::{env, path::PathBuf, sync::LazyLock};

use percent_encoding::{
    AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode,
};
use regex::Regex;
use temporalio_sdk::ApplicationFailure;
use url::Url;

use super::{
    address::Address,
    failures::{Result, invalid_input},
};

static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\$\{([A-Za-z0-9_]+)\}").unwrap()
});

/// What a part of a URL cannot hold as it is.
pub const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
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
    let filled = filled(connection)?;

    // #step A URL holds only what RFC 3986 allows
    let address = Address::parse(&filled);

    // #step A connection string is a URL of a known scheme
    address
        .filter(|url| schemes.contains(&url.scheme.as_str()))
        .and_then(|url| to_url(&url))
        .ok_or_else(|| must_be(schemes))
}
// #endregion resolve

/// The path that a `file` URL names.
pub fn resolve_path(connection: &str) -> Result<PathBuf> {
    let filled = filled(connection)?;
    Address::parse(&filled)
        .filter(|url| url.scheme == "file")
        .and_then(|url| url.file())
        .ok_or_else(|| must_be(&["file"]))
}

/// The connection string with each name's value, encoded.
pub fn filled(connection: &str) -> Result<String> {
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
    Ok(filled)
}

fn to_url(address: &Address) -> Option<Url> {
    let mut url = format!("{}://", address.scheme);
    if let Some(userinfo) = address.userinfo {
        url += &format!("{userinfo}@");
    }
    url += &address.host;
    if let Some(port) = address.port {
        url += &format!(":{port}");
    }
    url += address.path;
    if let Some(query) = address.query {
        url += &format!("?{query}");
    }
    Url::parse(&url).ok()
}

fn must_be(schemes: &[&str]) -> ApplicationFailure {
    let known = schemes.join(" or ");
    invalid_input(format!(
        "connection_string: must be a {known} URL"
    ))
}
