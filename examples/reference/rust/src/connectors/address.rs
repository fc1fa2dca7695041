//! URLs by RFC 3986, and no more: what one parser would mend and another refuse is refused.
use std::{net::Ipv6Addr, sync::LazyLock};

use percent_encoding::percent_decode_str;
use regex::Regex;

const MAX_CHARACTERS: usize = 2048;
const MAX_SUBJECT: usize = 200;

type Pattern = LazyLock<Regex>;

/// The characters of RFC 3986, and `%` before two hex digits.
static PLAIN: Pattern = Pattern::new(|| {
    regex(
        r"^(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*$",
    )
});
/// RFC 3986, appendix B: scheme, authority, path, query; no fragment.
static SHAPE: Pattern = Pattern::new(|| {
    regex(r"^([^:/?#]+)://([^/?#]*)([^?#]*)(?:\?([^#]*))?$")
});
/// Userinfo, host, port.
static AUTHORITY: Pattern = Pattern::new(|| {
    regex(
        r"^(?:([^@\[\]]*)@)?(\[[^@\[\]]*\]|[^@\[\]:]*)(?::([0-9]{1,5}))?$",
    )
});
static LABELS: Pattern =
    Pattern::new(|| regex(r"^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$"));
/// A last label that a browser takes for a number.
static NUMBER: Pattern =
    Pattern::new(|| regex(r"(?:^|\.)(?:[0-9]+|0x[^.]*)$"));
static SUBJECT: Pattern = Pattern::new(|| {
    regex(r"^/([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)$")
});

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern")
}

/// The parts of a URL, as they are written; the scheme and the host in lower case.
#[derive(Debug, PartialEq)]
pub struct Address<'a> {
    pub scheme: String,
    pub userinfo: Option<&'a str>,
    /// An IPv6 address in its brackets.
    pub host: String,
    pub port: Option<u16>,
    pub path: &'a str,
    pub query: Option<&'a str>,
}

impl<'a> Address<'a> {
    /// The parts of a URL that keeps the rules of its scheme.
    pub fn parse(url: &'a str) -> Option<Self> {
        if url.len() > MAX_CHARACTERS || !PLAIN.is_match(url) {
            return None;
        }
        let parts = SHAPE.captures(url)?;
        let authority =
            AUTHORITY.captures(parts.get(2)?.as_str())?;
        let scheme = parts[1].to_ascii_lowercase();
        let here = matches!(
            authority[2].to_ascii_lowercase().as_str(),
            "" | "localhost"
        );
        if scheme == "file" && !here {
            return None;
        }
        let port = match authority.get(3) {
            None => None,
            Some(port) => Some(
                port.as_str()
                    .parse()
                    .ok()
                    .filter(|&port| port > 0)?,
            ),
        };
        let address = Self {
            scheme,
            userinfo: authority.get(1).map(|it| it.as_str()),
            host: authority[2].to_ascii_lowercase(),
            port,
            path: parts.get(3)?.as_str(),
            query: parts.get(4).map(|it| it.as_str()),
        };
        address.is_sound().then_some(address)
    }

    /// The user and the password, as they are meant.
    pub fn user(&self) -> Option<(String, String)> {
        let userinfo = self.userinfo?;
        let (user, password) =
            userinfo.split_once(':').unwrap_or((userinfo, ""));
        Some((decoded(user)?, decoded(password)?))
    }

    /// The path, as it is meant.
    pub fn decoded_path(&self) -> Option<String> {
        decoded(self.path)
    }

    /// The subject of a topic at NATS.
    pub fn subject(&self) -> Option<&'a str> {
        let subject = SUBJECT.captures(self.path)?.get(1)?;
        Some(subject.as_str())
    }

    fn is_sound(&self) -> bool {
        let parts = [self.userinfo, Some(self.path), self.query];
        let texts = parts.into_iter().flatten();
        texts.map(decoded).all(|text| text.is_some())
            && match self.scheme.as_str() {
                "file" => self.is_file(),
                "nats" => self.has_host() && self.is_topic(),
                _ => self.has_host(),
            }
    }

    fn has_host(&self) -> bool {
        match self.host.strip_prefix('[') {
            Some(v6) => v6
                .trim_end_matches(']')
                .parse::<Ipv6Addr>()
                .is_ok(),
            None if NUMBER.is_match(&self.host) => {
                is_quad(&self.host)
            }
            None => LABELS.is_match(&self.host),
        }
    }

    fn is_file(&self) -> bool {
        let path = self.path.to_ascii_lowercase();
        self.userinfo.is_none()
            && self.port.is_none()
            && path.starts_with('/')
            && path.bytes().any(|byte| byte != b'/')
            && !path.contains("%2f")
            && !path.contains("%5c")
            && self.query.is_none()
    }

    fn is_topic(&self) -> bool {
        self.query.is_none()
            && self
                .subject()
                .is_some_and(|it| it.len() <= MAX_SUBJECT)
    }
}

/// The text with its escapes undone; none where they hide a NUL, or are no UTF-8.
pub fn decoded(text: &str) -> Option<String> {
    let text = percent_decode_str(text).decode_utf8().ok()?;
    (!text.contains('\0')).then(|| text.into_owned())
}

/// Four decimal numbers without leading zeros.
fn is_quad(host: &str) -> bool {
    let numbers = host.split('.').map(|number| {
        number
            .parse::<u8>()
            .is_ok_and(|value| value.to_string() == number)
    });
    host.split('.').count() == 4
        && numbers.into_iter().all(|is_one| is_one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_every_parser_reads_alike_is_taken() {
        let long = format!("http://h/{}", "a".repeat(2039));
        for url in [
            "file:///a%20b/100%25.csv",
            "FILE://LocalHost/a",
            "file:////a",
            "http://h",
            "http://bob:p%40w@h:00080?a;b&x='1'",
            "https://[2001:DB8::1]:65535/[a]",
            "http://127.0.0.1/..",
            "http://1.2.x_y/",
            "postgres://u@h/db?table=t",
            "nats://h:4222/a.b-c.D_1",
            &long,
        ] {
            assert!(Address::parse(url).is_some(), "{url}");
        }
    }

    #[test]
    fn what_parsers_mend_is_refused() {
        let long = format!("http://h/{}", "a".repeat(2040));
        let subject = format!("nats://h/{}", "a".repeat(201));
        for url in [
            "",
            "h",
            "http:/h",
            "http:h",
            "http://",
            "http:///a",
            "http://h/ö",
            "http://h/a b",
            "http://h/a\\b",
            "http://h/%4",
            "http://h/%zz",
            "http://h/%00",
            "http://h/%ff",
            "http://u%ff@h/",
            "http://h/?%c3",
            "http://a@b@h/",
            "http://a[b@h/",
            "http://h:/",
            "http://h:0/",
            "http://h:65536/",
            "http://h:000080/",
            "http://h./",
            "http://a..b/",
            "http://.a/",
            "http://a%2eb/",
            "http://1.2.3/",
            "http://1.2.3.256/",
            "http://01.2.3.4/",
            "http://a.1/",
            "http://a.0x/",
            "http://0X7f.1/",
            "http://[::1/",
            "http://[::1%25eth0]/",
            "http://[1.2.3.4]/",
            "http://::1/",
            "http://h/#",
            "file://data/a.csv",
            "file://u@localhost/a",
            "file://localhost:1/a",
            "file:///",
            "file:////",
            "file:///a?",
            "file:///a%2Fb",
            "file:///a%5cb",
            "file:///a#b",
            "nats://h",
            "nats://h/",
            "nats://h/a.",
            "nats://h/a/b",
            "nats://h/a?b",
            "nats://h/a.*",
            &long,
            &subject,
        ] {
            assert!(Address::parse(url).is_none(), "{url}");
        }
    }

    #[test]
    fn parts_are_decoded() {
        let url =
            "HTTP://b%6Fb:p%40:w@EXAMPLE.org:80/a%20b?c=%20";
        let address = Address::parse(url).unwrap();
        assert_eq!(address.scheme, "http");
        assert_eq!(
            address.user(),
            Some(("bob".to_owned(), "p@:w".to_owned()))
        );
        assert_eq!(address.host, "example.org");
        assert_eq!(address.port, Some(80));
        assert_eq!(address.decoded_path().unwrap(), "/a b");
        assert_eq!(address.query, Some("c=%20"));
    }
}
