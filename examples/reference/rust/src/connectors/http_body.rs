//! The body of an answer: unzipped where it is zipped, and never more of it than memory can hold.
use std::io::{self, Write};

use flate2::write::MultiGzDecoder;
use reqwest::{Response, header::CONTENT_ENCODING};
use temporalio_sdk::ApplicationFailure;

use super::failures::{
    Result, malformed, unavailable, validation_error,
};

const MAX_BYTES: usize = 64 * 1024 * 1024;

/// The body as it was before it was zipped. Fails with `Unavailable` where it breaks off, with
/// `Malformed` where it cannot be unzipped, with `ValidationError` where it is too much.
pub async fn body_of(mut response: Response) -> Result<Vec<u8>> {
    let mut body = Body::of(&response)
        .ok_or_else(|| malformed("API answered broken JSON"))?;
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|_| unavailable("API did not answer"))?
    {
        body.write(&chunk).map_err(classified)?;
    }
    body.finish().map_err(classified)
}

enum Body {
    Plain(Capped),
    Zipped(Box<MultiGzDecoder<Capped>>),
}

impl Body {
    /// None for an encoding that was not asked for.
    fn of(response: &Response) -> Option<Self> {
        let body = Capped(vec![]);
        let mut encodings =
            response.headers().get_all(CONTENT_ENCODING).iter();
        let Some(encoding) = encodings.next() else {
            return Some(Self::Plain(body));
        };
        if encodings.next().is_some() {
            return None;
        }
        match encoding
            .to_str()
            .ok()?
            .to_ascii_lowercase()
            .as_str()
        {
            "identity" | "" => Some(Self::Plain(body)),
            "gzip" => {
                let body = MultiGzDecoder::new(body);
                Some(Self::Zipped(body.into()))
            }
            _ => None,
        }
    }

    fn write(&mut self, chunk: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(body) => body.write_all(chunk),
            Self::Zipped(body) => body.write_all(chunk),
        }
    }

    fn finish(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Plain(body) => Ok(body.0),
            Self::Zipped(body) => Ok((*body).finish()?.0),
        }
    }
}

/// Bytes up to a limit.
struct Capped(Vec<u8>);

impl Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn classified(error: io::Error) -> ApplicationFailure {
    match error.kind() {
        io::ErrorKind::FileTooLarge => {
            validation_error("API answered too much")
        }
        _ => malformed("API answered broken JSON"),
    }
}
