//! A paged JSON API: `GET …?after=<key>&limit=<n>` answers `{records: [{id, data}], has_more}`.
use std::{
    collections::HashSet,
    sync::LazyLock,
    time::{Duration, SystemTime},
};

use httpdate::parse_http_date;
use percent_encoding::utf8_percent_encode;
use regex::Regex;
use reqwest::{
    Client, Response, StatusCode,
    header::{
        ACCEPT, ACCEPT_ENCODING, HeaderMap, LOCATION,
        RETRY_AFTER,
    },
    redirect::Policy,
};
use rustls::crypto::ring;
use serde_json::{Map, Value};
use temporalio_sdk::ApplicationFailure;
use url::Url;

use super::{
    address::decoded,
    allowlist::Place,
    connection::{RESERVED, Resolved, resolve},
    failures::{
        Result, malformed, rate_limited, unavailable,
        unavailable_for, validation_error,
    },
    http_body::body_of,
    json::parse_json,
    records::{Page, RawRecord},
};

const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
const MAX_REDIRECTS: usize = 5;
const A_SECOND: Duration = Duration::from_secs(1);
const A_DAY: Duration = Duration::from_secs(24 * 3600);

static CLIENT: LazyLock<Client> = LazyLock::new(|| {
    // It fails where one is installed: then that one is used.
    let _ = ring::default_provider().install_default();
    Client::builder()
        .timeout(REQUEST_TIMEOUT)
        .redirect(Policy::none())
        .referer(false)
        .no_proxy()
        .build()
        .expect("the TLS of this program")
});

/// A whole number that can be a key.
static WHOLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("^-?(?:0|[1-9][0-9]*)$").expect("a pattern")
});

/// Pages of at most `size` records.
pub struct ApiPages {
    api: Api,
    /// The key to go on after; none at the end.
    cursor: Option<String>,
    /// The keys that were gone on after.
    used: HashSet<String>,
    size: usize,
}

/// Where the API is, and as whom it is asked.
struct Api {
    /// As it was given: what is listed is asked of it.
    given: Resolved,
    url: Url,
    user: Option<(String, String)>,
}

impl ApiPages {
    /// The pages behind the key `cursor`.
    pub fn open(
        connection: &str,
        cursor: &str,
        size: usize,
    ) -> Result<Self> {
        let schemes = ["http", "https"];
        let given = resolve(connection, &schemes, Place::File)?;
        let user = user_of(&given.url);
        let url = nameless(given.url.clone());
        let api = Api { given, url, user };
        let cursor = Some(cursor.to_owned());
        Ok(Self { api, cursor, used: HashSet::new(), size })
    }

    /// The next page; none at the end.
    // #region read
    pub async fn next_page(&mut self) -> Result<Option<Page>> {
        let Some(cursor) = self.cursor.take() else {
            return Ok(None);
        };

        // #step Ask for the page behind the cursor
        let url = page_url(&self.api.url, &cursor, self.size);
        let ApiPage { records, has_more } =
            get_page(&self.api, url).await?;

        // #step A cursor that stands still never ends
        self.used.insert(cursor);
        let page = Page::of(records);
        let stands_still = match &page {
            Some(page) => self.used.contains(&page.cursor),
            None => has_more,
        };
        if stands_still {
            let message = "API: the cursor stands still";
            return Err(validation_error(message));
        }

        // #step The API says whether more follow
        if let Some(page) = &page
            && has_more
        {
            self.cursor = Some(page.cursor.clone());
        }
        Ok(page)
    }
    // #endregion read
}

/// The user that a URL names, and the password.
fn user_of(url: &Url) -> Option<(String, String)> {
    let password = url.password().unwrap_or_default();
    let user = (decoded(url.username())?, decoded(password)?);
    let named = !(user.0.is_empty() && user.1.is_empty());
    named.then_some(user)
}

/// The URL without a user: it goes into a header.
fn nameless(mut url: Url) -> Url {
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

fn page_url(url: &Url, cursor: &str, size: usize) -> Url {
    let before = match url.query() {
        Some(query) if !query.is_empty() => format!("{query}&"),
        _ => String::new(),
    };
    let after = utf8_percent_encode(cursor, RESERVED);
    let mut url = url.clone();
    url.set_query(Some(&format!(
        "{before}after={after}&limit={size}"
    )));
    url
}

/// One page of the API, or the failure that says what to do next.
// #region page
async fn get_page(api: &Api, url: Url) -> Result<ApiPage> {
    // #step No answer: try again
    let response = ask(api, url).await?;

    // #step 429: come back when the API says
    let status = response.status();
    let answered = format!("API answered {}", status.as_u16());
    let after = retry_after(response.headers());
    if status == StatusCode::TOO_MANY_REQUESTS {
        let after = after.unwrap_or(A_SECOND);
        return Err(rate_limited(answered, after));
    }

    // #step Server errors may pass; client errors do not
    match (status, after) {
        (StatusCode::SERVICE_UNAVAILABLE, Some(after)) => {
            return Err(unavailable_for(answered, after));
        }
        _ if may_pass(status) => {
            return Err(unavailable(answered));
        }
        _ if !status.is_success() => {
            return Err(validation_error(answered));
        }
        _ => {}
    }

    // #step Half a JSON text may be whole next time
    let body = body_of(response).await?;
    let body = parse_json(&body)
        .ok_or_else(|| malformed("API answered broken JSON"))?;

    // #step JSON of another shape will not mend itself
    ApiPage::of(body).ok_or_else(|| {
        validation_error("API answered JSON without records")
    })
}
// #endregion page

/// The answer, behind a few redirects at most; none of them leads to another place.
async fn ask(api: &Api, mut url: Url) -> Result<Response> {
    for _ in 0..=MAX_REDIRECTS {
        let mut request = CLIENT
            .get(url.clone())
            .header(ACCEPT, "application/json")
            .header(ACCEPT_ENCODING, "gzip");
        if let Some((user, password)) = &api.user {
            request = request.basic_auth(user, Some(password));
        }
        let response =
            request.send().await.map_err(no_answer)?;
        if !matches!(
            response.status().as_u16(),
            301..=303 | 307 | 308
        ) {
            return Ok(response);
        }
        let to = response
            .headers()
            .get(LOCATION)
            .and_then(|to| to.to_str().ok())
            .filter(|to| is_reference(to))
            .and_then(|to| url.join(to).ok())
            .filter(|to| is_same_place(&url, to));
        let to = to.ok_or_else(elsewhere)?;
        if to.scheme() != url.scheme()
            && let Some(port) = to.port_or_known_default()
        {
            api.given.check_port(port)?;
        }
        url = nameless(to);
    }
    Err(elsewhere())
}

/// Whether it says something, and each of its per cents is an escape.
fn is_reference(to: &str) -> bool {
    !to.is_empty()
        && to.split('%').skip(1).all(|escape| {
            let hex = escape.bytes().take(2);
            hex.filter(u8::is_ascii_hexdigit).count() == 2
        })
}

fn is_same_place(from: &Url, to: &Url) -> bool {
    let safer =
        from.scheme() == "http" && to.scheme() == "https";
    from.host() == to.host()
        && (safer
            || from.scheme() == to.scheme()
                && from.port_or_known_default()
                    == to.port_or_known_default())
}

fn elsewhere() -> ApplicationFailure {
    validation_error("API redirects elsewhere")
}

fn no_answer(_: reqwest::Error) -> ApplicationFailure {
    unavailable("API did not answer")
}

fn may_pass(status: StatusCode) -> bool {
    status.as_u16() >= 500
        || status == StatusCode::REQUEST_TIMEOUT
}

struct ApiPage {
    records: Vec<RawRecord>,
    has_more: bool,
}

impl ApiPage {
    fn of(mut body: Value) -> Option<Self> {
        let body = body.as_object_mut()?;
        let has_more = body.get("has_more")?.as_bool()?;
        let Value::Array(records) = body.remove("records")?
        else {
            return None;
        };
        let records: Option<_> =
            records.into_iter().map(to_record).collect();
        Some(Self { records: records?, has_more })
    }
}

fn to_record(raw: Value) -> Option<RawRecord> {
    let Value::Object(mut raw) = raw else { return None };
    let id = match raw.remove("id")? {
        Value::String(id) if !id.is_empty() => id,
        Value::Number(id) if WHOLE.is_match(id.as_str()) => {
            id.to_string()
        }
        _ => return None,
    };
    let data: Map<_, _> = match raw.remove("data")? {
        Value::Object(data) => data,
        _ => return None,
    };
    Some(RawRecord { id, data })
}

/// RFC 9110, 10.2.3: seconds, or a date. One second when it says something else; a day at most.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let mut values = headers.get_all(RETRY_AFTER).iter();
    let value = values.next()?.to_str().unwrap_or_default();
    let alone = values.next().is_none();
    let delay = match () {
        () if !alone => None,
        () if is_digits(value) => {
            // More digits than a number has are more than a day.
            let seconds = value.parse().unwrap_or(u64::MAX);
            Some(Duration::from_secs(seconds))
        }
        () => until(value),
    };
    let delay = delay.unwrap_or(A_SECOND);
    Some(delay.clamp(A_SECOND, A_DAY))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// The time until a date, in whole seconds.
fn until(date: &str) -> Option<Duration> {
    let date = parse_http_date(date).ok()?;
    let left = date.duration_since(SystemTime::now()).ok()?;
    Some(Duration::from_secs(left.as_secs_f64().ceil() as u64))
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use httpdate::fmt_http_date;
    use reqwest::header::HeaderValue;
    use serde_json::json;

    use super::*;

    fn delay(values: &[&str]) -> Option<u64> {
        let mut headers = HeaderMap::new();
        for value in values {
            let value = HeaderValue::from_str(value).unwrap();
            headers.append(RETRY_AFTER, value);
        }
        retry_after(&headers).map(|delay| delay.as_secs())
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(delay(&[]), None);
        assert_eq!(delay(&["7"]), Some(7));
        assert_eq!(delay(&["86401"]), Some(86_400));
        assert_eq!(
            delay(&["99999999999999999999999"]),
            Some(86_400)
        );
        for nonsense in [
            "",
            "0",
            "-5",
            "+5",
            "2.7",
            "1e3",
            "Infinity",
            "soon",
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 2099 08:49:37 PST",
        ] {
            assert_eq!(
                delay(&[nonsense]),
                Some(1),
                "{nonsense}"
            );
        }
        assert_eq!(delay(&["7", "7"]), Some(1));
        let now = SystemTime::now();
        let later = fmt_http_date(now + Duration::from_secs(60));
        let left = delay(&[&later]).unwrap();
        assert!((59..=60).contains(&left), "{left}");
        let far =
            UNIX_EPOCH + Duration::from_secs(7_999_999_999);
        assert_eq!(delay(&[&fmt_http_date(far)]), Some(86_400));
    }

    #[test]
    fn the_query_is_kept_and_added_to() {
        let asked = |url: &str| {
            let url = Url::parse(url).unwrap();
            page_url(&url, "a b&ö", 7).to_string()
        };
        assert_eq!(
            asked("http://h/?filter=a;b&x=%2b+1"),
            "http://h/?filter=a;b&x=%2b+1&after=a%20b%26%C3%B6&limit=7"
        );
        assert_eq!(
            asked("http://h?"),
            "http://h/?after=a%20b%26%C3%B6&limit=7"
        );
    }

    #[test]
    fn a_page_has_records_and_says_whether_more_follow() {
        let page = |records: Value| {
            ApiPage::of(
                json!({"records": records, "has_more": false}),
            )
            .map(|page| page.records)
        };
        let ids = parse_json(
            br#"[{"id":-9007199254740993,"data":{}},{"id":"a","data":{},"x":1}]"#,
        );
        let records = page(ids.unwrap()).unwrap();
        assert_eq!(records[0].id, "-9007199254740993");
        assert_eq!(records[1].id, "a");
        for record in [
            "null",
            r#"{"data":{}}"#,
            r#"{"id":"","data":{}}"#,
            r#"{"id":1.5,"data":{}}"#,
            r#"{"id":1e3,"data":{}}"#,
            r#"{"id":"1"}"#,
            r#"{"id":"1","data":[]}"#,
            r#"{"ID":"1","Data":{}}"#,
        ] {
            let record = parse_json(record.as_bytes()).unwrap();
            assert!(page(json!([record])).is_none());
        }
        for body in [
            json!([]),
            json!({"records": []}),
            json!({"records": {}, "has_more": true}),
            json!({"records": [], "has_more": "true"}),
            json!({"Records": [], "has_more": true}),
        ] {
            assert!(ApiPage::of(body).is_none());
        }
    }

    #[test]
    fn redirects_stay_where_they_are() {
        let same = |from: &str, to: &str| {
            is_same_place(
                &Url::parse(from).unwrap(),
                &Url::parse(to).unwrap(),
            )
        };
        assert!(same("http://h:80/a", "http://h/b?c"));
        assert!(same("http://h:8080/", "https://h/"));
        assert!(!same("http://h/", "http://h:81/"));
        assert!(!same("http://h/", "http://i/"));
        assert!(!same("https://h/", "http://h/"));
        assert!(!same("http://h/", "ftp://h/"));
    }
}
