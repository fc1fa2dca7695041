//! A paged JSON API: `GET …?after=<key>&limit=<n>` answers `{records: [{id, data}], has_more}`.
use std::{sync::LazyLock, time::Duration};

use reqwest::{
    Client, Response, StatusCode, header::RETRY_AFTER,
};
use rustls::crypto::ring;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::{
    connection::resolve,
    failures::{
        Result, malformed, rate_limited, unavailable,
        validation_error,
    },
    records::{Page, RawRecord},
};

const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

static CLIENT: LazyLock<Client> = LazyLock::new(|| {
    // It fails where one is installed: then that one is used.
    let _ = ring::default_provider().install_default();
    let client = Client::builder().timeout(REQUEST_TIMEOUT);
    client.build().expect("the TLS of this program")
});

/// Pages of at most `size` records.
pub struct ApiPages {
    url: Url,
    /// The key to go on after; none at the end.
    cursor: Option<String>,
    size: usize,
}

impl ApiPages {
    /// The pages behind the key `cursor`.
    pub fn open(
        connection: &str,
        cursor: &str,
        size: usize,
    ) -> Result<Self> {
        let url = resolve(connection, &["http", "https"])?;
        Ok(Self { url, cursor: Some(cursor.to_owned()), size })
    }

    /// The next page; none at the end.
    // #region read
    pub async fn next_page(&mut self) -> Result<Option<Page>> {
        let Some(cursor) = self.cursor.take() else {
            return Ok(None);
        };

        // #step Ask for the page behind the cursor
        let mut url = self.url.clone();
        url.query_pairs_mut()
            .append_pair("after", &cursor)
            .append_pair("limit", &self.size.to_string());
        let ApiPage { records, has_more } =
            get_page(url).await?;

        // #step The API says whether more follow
        let page = Page::of(records);
        if let Some(page) = &page
            && has_more
        {
            self.cursor = Some(page.cursor.clone());
        }
        Ok(page)
    }
    // #endregion read
}

/// One page of the API, or the failure that says what to do next.
// #region page
async fn get_page(url: Url) -> Result<ApiPage> {
    // #step No answer: try again
    let response = CLIENT.get(url).send().await;
    let response = response
        .map_err(|_| unavailable("API did not answer"))?;

    // #step 429: come back when the API says
    let status = response.status();
    let answered = format!("API answered {}", status.as_u16());
    if status == StatusCode::TOO_MANY_REQUESTS {
        let after = retry_after(&response);
        return Err(rate_limited(answered, after));
    }

    // #step Server errors may pass; client errors do not
    if status.is_server_error() {
        return Err(unavailable(answered));
    }
    if !status.is_success() {
        return Err(validation_error(answered));
    }

    // #step Half a JSON text may be whole next time
    let body: Value = response
        .json()
        .await
        .map_err(|_| malformed("API answered broken JSON"))?;

    // #step JSON of another shape will not mend itself
    serde_json::from_value(body).map_err(|_| {
        validation_error("API answered JSON without records")
    })
}
// #endregion page

#[derive(Deserialize)]
struct ApiPage {
    records: Vec<RawRecord>,
    has_more: bool,
}

/// The seconds of `Retry-After`; one when it is missing, or says something else.
fn retry_after(response: &Response) -> Duration {
    response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| {
            value.to_str().ok()?.trim().parse().ok()
        })
        .filter(|&seconds| seconds > 0)
        .map_or(Duration::from_secs(1), Duration::from_secs)
}
