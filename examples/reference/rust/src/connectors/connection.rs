//! Connection strings: URLs in which `${NAME}` stands for a secret that only the worker knows.
use std::{path::PathBuf, sync::LazyLock};

use percent_encoding::{
    AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode,
};
use regex::Regex;
use temporalio_sdk::ApplicationFailure;
use url::Url;

use super::{
    address::{Address, decoded},
    allowlist::{
        Peer, Place, check_host, check_path, check_variables,
        variable,
    },
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

/// A URL that the worker may go to.
pub struct Resolved {
    pub url: Url,
    /// The host as it is written: this is what is listed.
    host: String,
    /// The names of the variables that went into it.
    variables: Vec<String>,
}

/// Puts the worker's environment into a connection string, and checks that the worker may go there.
///
/// A name stands for one part of the URL (a password, a host, a token), so its value is
/// percent-encoded. Fails with `InvalidInput` that names a variable or a list of the worker, or says
/// that the URL is none; no message holds a value. `place` is what a `file` URL is to lead to.
// #region resolve
pub fn resolve(
    connection: &str,
    schemes: &[&str],
    place: Place,
) -> Result<Resolved> {
    // #step Secrets come from the worker's environment
    let Filled { url, variables } = filled(connection)?;

    // #step A connection string is a URL of a known scheme
    let (url, host) = Address::parse(&url)
        .filter(|url| schemes.contains(&url.scheme.as_str()))
        .and_then(|url| Some((to_url(&url)?, url.host)))
        .ok_or_else(|| must_be(schemes))?;

    // #step Its worker decides where it may lead
    let resolved = Resolved { url, host, variables };
    resolved.check(place)?;
    Ok(resolved)
}
// #endregion resolve

/// The path of the file that a `file` URL names.
pub fn resolve_file(connection: &str) -> Result<PathBuf> {
    let url = resolve(connection, &["file"], Place::File)?;
    Ok(url.path())
}

/// The same of a folder, to read and write within.
pub fn resolve_folder(connection: &str) -> Result<PathBuf> {
    let url = resolve(connection, &["file"], Place::Folder)?;
    Ok(url.path())
}

impl Resolved {
    /// The path that a `file` URL names: the URL has no dots in it any more.
    pub fn path(&self) -> PathBuf {
        decoded(self.url.path()).unwrap_or_default().into()
    }

    /// Fails with `InvalidInput` where the lists of the worker do not let it go to this port of the host.
    pub fn check_port(&self, port: u16) -> Result<()> {
        let peer = Peer { host: &self.host, port };
        check_host(peer)?;
        check_variables(&self.variables, Some(peer))
    }

    fn check(&self, place: Place) -> Result<()> {
        if self.url.scheme() == "file" {
            check_path(&self.path(), place)?;
            return check_variables(&self.variables, None);
        }
        self.check_port(port_of(&self.url))
    }
}

/// The port of a URL, or of its scheme.
fn port_of(url: &Url) -> u16 {
    let known = match url.scheme() {
        "postgres" | "postgresql" => 5432,
        "nats" => 4222,
        _ => 0,
    };
    url.port_or_known_default().unwrap_or(known)
}

/// A connection string with each name's value, encoded, and the names.
pub struct Filled {
    pub url: String,
    variables: Vec<String>,
}

/// Puts the values of variables in; where the URL leads is not looked at.
pub fn filled(connection: &str) -> Result<Filled> {
    let mut url = connection.to_owned();
    let mut variables = Vec::new();
    for found in PLACEHOLDER.captures_iter(connection) {
        let (placeholder, [name]) = found.extract();
        let value = variable(name)?;
        let encoded = utf8_percent_encode(&value, RESERVED);
        url = url.replace(placeholder, &encoded.to_string());
        variables.push(name.to_owned());
    }
    Ok(Filled { url, variables })
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
