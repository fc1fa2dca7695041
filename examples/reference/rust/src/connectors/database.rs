//! A PostgreSQL database and a table in it, as a connection string names them:
//! `postgres://user@host:port/database?table=name`.
use std::{
    borrow::Cow, collections::HashMap, pin::pin, sync::LazyLock,
    time::Duration,
};

use regex::Regex;
use temporalio_sdk::{
    ApplicationFailure,
    activities::{ActivityContext, ActivityError},
};
use tokio::time::timeout;
use tokio_postgres::{
    CancelToken, Client, Config, Row, config::SslMode,
    types::ToSql,
};
use tokio_postgres_rustls::MakeRustlsConnect;
use url::Url;

use super::{
    address::decoded,
    allowlist::Place,
    connection::resolve,
    failures::{Result, invalid_input, unavailable},
    postgres::classified,
    tls::{Certificate, tls},
};

const SCHEMES: [&str; 2] = ["postgres", "postgresql"];
const PORT: u16 = 5432;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const STATEMENT_TIMEOUT: &str = "SET statement_timeout = '300s'";
/// How long a query that is told to end may take to hear of it.
const HEARD_WITHIN: Duration = Duration::from_secs(1);
/// What PostgreSQL keeps of a name.
const MAX_NAME: usize = 63;

/// `name` or `schema.name`; a part may be quoted.
static TABLE: LazyLock<Regex> = LazyLock::new(|| {
    let part = r#"([A-Za-z_][A-Za-z0-9_$]*|"(?:[^"\x00]|"")*")"#;
    Regex::new(&format!(r"^{part}(?:\.{part})?$"))
        .expect("a pattern")
});

/// One connection, closed when it is dropped.
pub struct Database {
    client: Client,
    tls: MakeRustlsConnect,
    /// The table's name, quoted.
    pub table: String,
}

impl Database {
    /// Connects. Fails with `InvalidInput` where the connection string says what is not known.
    pub async fn open(connection: &str) -> Result<Self> {
        let Settings { config, certificate, table } =
            settings_of(connection)?;
        let tls = tls(certificate);
        let within = config
            .get_connect_timeout()
            .copied()
            .unwrap_or(CONNECT_TIMEOUT);
        let connected =
            timeout(within, config.connect(tls.clone())).await;
        let (client, connected) = connected
            .map_err(|_| no_answer())?
            .map_err(classified)?;
        // A connection lost while idle is reported here; the next query fails and is retried.
        tokio::spawn(async { drop(connected.await) });
        client
            .batch_execute(STATEMENT_TIMEOUT)
            .await
            .map_err(classified)?;
        Ok(Self { client, tls, table })
    }

    /// The rows that a query gives; it ends when nobody waits for it any more.
    pub async fn query(
        &self,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>> {
        let token = self.client.cancel_token();
        let abandoned =
            EndQuery(Some((token, self.tls.clone())));
        let rows = self.client.query(sql, values).await;
        abandoned.disarm();
        rows.map_err(classified)
    }

    /// Does what a statement says. When the activity is cancelled the server is told to end it, and only
    /// then the activity ends: nothing is written behind its back.
    pub async fn execute(
        &self,
        ctx: &ActivityContext,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<(), ActivityError> {
        let mut query = pin!(self.query(sql, values));
        tokio::select! {
            done = &mut query => return Ok(done.map(drop)?),
            () = ctx.cancelled() => {}
        }
        // A server that had not begun did not hear: it is told again.
        loop {
            let token = self.client.cancel_token();
            drop(token.cancel_query(self.tls.clone()).await);
            let ended = timeout(HEARD_WITHIN, &mut query).await;
            if let Ok(done) = ended {
                let done = done.map(drop);
                return done
                    .map_err(|_| ActivityError::cancelled());
            }
        }
    }
}

/// Asks the server to end a query whose caller is gone.
struct EndQuery(Option<(CancelToken, MakeRustlsConnect)>);

impl EndQuery {
    fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for EndQuery {
    fn drop(&mut self) {
        if let Some((token, tls)) = self.0.take() {
            tokio::spawn(async move {
                drop(token.cancel_query(tls).await)
            });
        }
    }
}

/// Checks that the URL names a table, and that its variables are set; does not connect.
pub fn check_table(connection: &str) -> Result<()> {
    settings_of(connection).map(drop)
}

/// How to connect, and the table, quoted.
struct Settings {
    config: Config,
    certificate: Certificate,
    table: String,
}

fn settings_of(connection: &str) -> Result<Settings> {
    settings(&resolve(connection, &SCHEMES, Place::File)?.url)
}

fn settings(url: &Url) -> Result<Settings> {
    let mut config = Config::new();
    let mut certificate = Certificate::Any;
    let mut given = parameters(url)?;
    let table =
        given.remove("table").and_then(|table| quoted(&table));
    let table = table.ok_or_else(|| {
        invalid_input("connection_string: must name a table, as in ?table=flights")
    })?;
    let host = url.host_str().unwrap_or_default();
    config
        .host(host.trim_matches(['[', ']']))
        .port(url.port().unwrap_or(PORT))
        .connect_timeout(CONNECT_TIMEOUT)
        .dbname(part(
            url.path().trim_start_matches('/'),
            "name a database",
        )?);
    if !url.username().is_empty() {
        config.user(part(url.username(), "name a user")?);
    }
    // Without a password it is an empty one, which a server that wants one refuses by its own words.
    let password = url.password().unwrap_or_default();
    config.password(decoded(password).unwrap_or_default());
    for (name, value) in given {
        match (name, value.as_str()) {
            ("sslmode", mode) => {
                let (mode, asked) =
                    ssl_mode(mode).ok_or_else(unknown)?;
                config.ssl_mode(mode);
                certificate = asked;
            }
            ("application_name", value) => {
                config.application_name(value);
            }
            ("connect_timeout", seconds) => {
                let seconds: u16 = seconds
                    .parse()
                    .ok()
                    .filter(|&it| it > 0)
                    .ok_or_else(unknown)?;
                config.connect_timeout(Duration::from_secs(
                    seconds.into(),
                ));
            }
            _ => return Err(unknown()),
        }
    }
    Ok(Settings { config, certificate, table })
}

/// Whether there is TLS, and with whom; with `prefer`, the default, only where the server has it.
fn ssl_mode(mode: &str) -> Option<(SslMode, Certificate)> {
    use Certificate::{Any, OfHost, Trusted};
    use SslMode::{Disable, Prefer, Require};
    Some(match mode {
        "disable" => (Disable, Any),
        "prefer" => (Prefer, Any),
        "require" => (Require, Any),
        "verify-ca" => (Require, Trusted),
        "verify-full" => (Require, OfHost),
        _ => return None,
    })
}

const KNOWN: [&str; 4] =
    ["table", "sslmode", "application_name", "connect_timeout"];

/// The parameters of a URL, each once.
fn parameters(
    url: &Url,
) -> Result<HashMap<&'static str, String>> {
    let mut given = HashMap::new();
    let query = url.query().unwrap_or_default();
    for pair in query.split('&').filter(|pair| !pair.is_empty())
    {
        let (name, value) =
            pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decoded(name), decoded(value));
        let known = KNOWN
            .into_iter()
            .find(|&it| Some(it) == name.as_deref());
        let (Some(name), Some(value)) = (known, value) else {
            return Err(unknown());
        };
        if given.insert(name, value).is_some() {
            return Err(unknown());
        }
    }
    Ok(given)
}

fn unknown() -> ApplicationFailure {
    invalid_input(
        "connection_string: does not know that parameter",
    )
}

fn no_answer() -> ApplicationFailure {
    unavailable("database did not answer")
}

/// A part of a URL that must be there.
fn part(text: &str, must: &str) -> Result<String> {
    decoded(text).filter(|text| !text.is_empty()).ok_or_else(
        || {
            invalid_input(format!(
                "connection_string: must {must}"
            ))
        },
    )
}

/// A table's name for SQL; none where it is no name.
fn quoted(table: &str) -> Option<String> {
    let found = TABLE.captures(table)?;
    let parts = found.iter().skip(1).flatten().map(|part| {
        let part = part.as_str();
        let name = match part
            .strip_prefix('"')
            .and_then(|it| it.strip_suffix('"'))
        {
            Some(name) => Cow::from(name.replace("\"\"", "\"")),
            None => part.into(),
        };
        let fits = (1..=MAX_NAME).contains(&name.len());
        fits.then(|| {
            format!("\"{}\"", name.replace('"', "\"\""))
        })
    });
    let parts: Option<Vec<_>> = parts.collect();
    Some(parts?.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(url: &str) -> String {
        match settings(&Url::parse(url).unwrap()) {
            Ok(Settings { table, .. }) => table,
            Err(failure) => failure.to_string(),
        }
    }

    #[test]
    fn a_table_is_a_name_and_is_quoted() {
        for (table, name) in [
            ("flights", r#""flights""#),
            ("Order", r#""Order""#),
            ("raw.order$1", r#""raw"."order$1""#),
            ("\"a.b\".\"c\"\"d\"", r#""a.b"."c""d""#),
        ] {
            assert_eq!(quoted(table).as_deref(), Some(name));
        }
        let long = "a".repeat(64);
        for table in [
            "", "\"\"", "a.b.c", "1a", "a b", "a;b", "a\"",
            "\"a", ".a", "a.", "ä", &long,
        ] {
            assert_eq!(quoted(table), None, "{table}");
        }
    }

    #[test]
    fn tls_is_as_sslmode_says() {
        for (mode, wanted, asked) in [
            ("", SslMode::Prefer, Certificate::Any),
            (
                "&sslmode=disable",
                SslMode::Disable,
                Certificate::Any,
            ),
            (
                "&sslmode=prefer",
                SslMode::Prefer,
                Certificate::Any,
            ),
            (
                "&sslmode=require",
                SslMode::Require,
                Certificate::Any,
            ),
            (
                "&sslmode=verify-ca",
                SslMode::Require,
                Certificate::Trusted,
            ),
            (
                "&sslmode=verify-full",
                SslMode::Require,
                Certificate::OfHost,
            ),
        ] {
            let url = format!("postgres://u@h/d?table=a{mode}");
            let found =
                settings(&Url::parse(&url).unwrap()).unwrap();
            assert_eq!(found.config.get_ssl_mode(), wanted);
            assert_eq!(found.certificate, asked);
        }
    }

    #[test]
    fn only_known_parameters_are_taken_once() {
        let at = |rest: &str| {
            fault(&format!("postgres://u:p@h/{rest}"))
        };
        let unknown =
            "connection_string: does not know that parameter";
        assert_eq!(
            at(
                "d?table=%22a%20b%22&sslmode=prefer&application_name=x&connect_timeout=3"
            ),
            r#""a b""#
        );
        for rest in [
            "d?table=a&table=a",
            "d?table=a&options=-c%20search_path%3Draw",
            "d?table=a&host=elsewhere",
            "d?table=a&sslmode=allow",
            "d?table=a&sslmode=",
            "d?table=a&connect_timeout=x",
        ] {
            assert_eq!(at(rest), unknown);
        }
        assert_eq!(
            at("?table=a"),
            "connection_string: must name a database"
        );
        for rest in
            ["d", "d?table=", "d?table=a+b", "d?sslmode=disable"]
        {
            assert_eq!(
                at(rest),
                "connection_string: must name a table, as in ?table=flights"
            );
        }
    }
}
