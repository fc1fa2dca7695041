//! Checking input: the same rules and the same words for every pipeline.
use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use temporalio_common::{
    data_converters::{
        GenericPayloadConverter, PayloadConversionError,
        SerializationContext, TemporalDeserializable,
        TemporalSerializable,
    },
    protos::temporal::api::common::v1::Payload,
};
use thiserror::Error;

use super::failures::Result;

/// The rules that every pipeline has.
pub mod rule {
    pub const NAME: &str =
        r#"must be letters, digits, "-" or "_""#;
    pub const SECRET: &str =
        "must not hold a secret: write ${NAME} for it";
    pub const TYPE: &str = "has the wrong type";
}

const MAX_NAME: usize = 64;
const MAX_URL: usize = 2048;

/// What names may look like: they go into file names.
static NAME: Pattern =
    Pattern::new(|| regex("^[A-Za-z0-9_-]+$"));

// #region secrets
// #step What a secret in a URL looks like
static PASSWORD: Pattern =
    Pattern::new(|| regex("^[^:]+:/*[^:/?#]*:([^/?#]*)@"));
static TOKEN: Pattern = Pattern::new(|| {
    regex("(?i)^(?:https?|nats):/*([^:/?#@]*)@")
});
static NAMED: Pattern = Pattern::new(|| {
    regex(concat!(
        "(?i)[?&;](?:key|(?:[^=&;]*[^=&;a-z])?",
        "(?:pass(?:word|wd|phrase)?|pwd|[a-z]*token|",
        "[a-z]*secret|(?:api|access|auth|private)[-_]?key|",
        "sig(?:nature)?|auth(?:orization)?|credentials?|jwt",
        ")(?:[^=&;a-z][^=&;]*)?)=([^&;#]*)"
    ))
});
static OBSCURED: Pattern = Pattern::new(|| {
    regex(concat!(
        "(?i)[?&;][^=&;]*%(?:[46][1-9a-f]|[57][0-9a]|",
        "2[de]|5f)[^=&;]*=([^&;#]*)"
    ))
});
static PLACEHOLDER: Pattern =
    Pattern::new(|| regex(r"^(\$\{[A-Za-z0-9_]+\})?$"));

// #step Only a name may stand where a secret would
pub fn hides_secrets(url: &str) -> bool {
    [&PASSWORD, &TOKEN, &NAMED, &OBSCURED]
        .into_iter()
        .flat_map(|secret| secret.captures_iter(url))
        .all(|found| PLACEHOLDER.is_match(&found[1]))
}
// #endregion secrets

/// A regular expression, made when it is needed first.
pub type Pattern = LazyLock<Regex>;

pub fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern")
}

/// The input of a workflow as it came; null when there is none. Whatever it is, the workflow shall
/// judge it: what the SDK cannot decode makes it retry the workflow's task for ever.
#[derive(Clone, Debug, Default)]
pub struct Raw(pub Value);

impl TemporalDeserializable for Raw {
    fn from_payload(
        context: &SerializationContext<'_>,
        payload: Payload,
    ) -> Result<Self, PayloadConversionError> {
        let value =
            context.converter.from_payload(context, payload);
        Ok(Self(value.unwrap_or_default()))
    }

    fn from_payloads(
        context: &SerializationContext<'_>,
        payloads: Vec<Payload>,
    ) -> Result<Self, PayloadConversionError> {
        match payloads.into_iter().next() {
            Some(payload) => {
                Self::from_payload(context, payload)
            }
            None => Ok(Self::default()),
        }
    }
}

impl TemporalSerializable for Raw {
    fn to_payload(
        &self,
        context: &SerializationContext<'_>,
    ) -> Result<Payload, PayloadConversionError> {
        context.converter.to_payload(context, &self.0)
    }
}

/// A value that keeps its rule, or where one does not.
pub type Checked<T> = Result<T, Fault>;

/// A broken rule, and the path of what breaks it: empty for the value itself.
#[derive(Debug, Error)]
#[error("{}: {rule}", if path.is_empty() { "input" } else { path })]
pub struct Fault {
    path: String,
    rule: &'static str,
}

impl Fault {
    pub fn of(rule: &'static str) -> Self {
        Self { path: String::new(), rule }
    }

    /// Seen from outside; of a wrong type only the outermost field is named.
    pub fn within(self, outer: &str) -> Self {
        let path = match self.path.chars().next() {
            _ if self.rule == rule::TYPE => outer.to_owned(),
            None | Some('[') => format!("{outer}{}", self.path),
            Some(_) => format!("{outer}.{}", self.path),
        };
        Self { path, ..self }
    }
}

/// The fields of an object; what is missing has none.
pub struct Fields<'a>(Option<&'a Map<String, Value>>);

impl<'a> Fields<'a> {
    pub fn of(raw: Option<&'a Value>) -> Checked<Self> {
        match raw {
            None => Ok(Self(None)),
            Some(Value::Object(fields)) => {
                Ok(Self(Some(fields)))
            }
            Some(_) => Err(Fault::of(rule::TYPE)),
        }
    }

    pub fn read<T>(
        &self,
        field: &str,
        read: fn(Option<&Value>) -> Checked<T>,
    ) -> Checked<T> {
        read(self.0.and_then(|fields| fields.get(field)))
            .map_err(|fault| fault.within(field))
    }
}

/// A missing value, or one that `accept` refuses, breaks its rule; another one has the wrong type.
pub fn checked<T: DeserializeOwned, U>(
    raw: Option<&Value>,
    rule: &'static str,
    accept: impl Fn(T) -> Option<U>,
) -> Checked<U> {
    let raw = raw.ok_or_else(|| Fault::of(rule))?;
    let value = T::deserialize(raw)
        .map_err(|_| Fault::of(rule::TYPE))?;
    accept(value).ok_or_else(|| Fault::of(rule))
}

/// Letters, digits, `-` and `_`.
pub fn name(raw: Option<&Value>) -> Checked<String> {
    checked(raw, rule::NAME, |text: String| {
        NAME.is_match(&text).then_some(text)
    })
}

/// A name that file names have room for.
pub fn short_name(raw: Option<&Value>) -> Checked<String> {
    let name = name(raw)?;
    if name.len() > MAX_NAME {
        return Err(Fault::of(rule::NAME));
    }
    Ok(name)
}

/// A URL that holds no secret.
pub fn url(raw: Option<&Value>) -> Checked<String> {
    checked(raw, rule::SECRET, |url: String| {
        hides_secrets(&url).then_some(url)
    })
}

/// A URL that holds no secret, and is neither empty nor too long to be one.
pub fn short_url(raw: Option<&Value>) -> Checked<String> {
    let url = url(raw)?;
    if url.is_empty() || url.chars().count() > MAX_URL {
        return Err(Fault::of(rule::SECRET));
    }
    Ok(url)
}

/// The variant of that name.
pub fn one_of<T: DeserializeOwned>(word: String) -> Option<T> {
    serde_json::from_value(word.into()).ok()
}

/// A value whose whole numbers are written as such: `1e3` is 1000. One that lost digits becomes false, which no
/// field takes.
pub fn with_whole_numbers(value: &Value) -> Value {
    match value {
        Value::Number(number) => number
            .as_f64()
            .filter(|number| number.fract() == 0.0)
            .map_or(value.clone(), |number| {
                Whole::try_from(number).map_or(
                    Value::Bool(false),
                    |Whole(whole)| whole.into(),
                )
            }),
        Value::Array(all) => {
            all.iter().map(with_whole_numbers).collect()
        }
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| {
                (name.clone(), with_whole_numbers(value))
            })
            .collect(),
        other => other.clone(),
    }
}

/// A whole number as JSON has it: 100.0 is one, 1.5 is not.
#[derive(Deserialize)]
#[serde(try_from = "f64")]
pub struct Whole(pub i64);

impl TryFrom<f64> for Whole {
    type Error = &'static str;

    fn try_from(number: f64) -> Result<Self, Self::Error> {
        let whole = number as i64;
        if whole as f64 == number && whole.abs() < 1 << 53 {
            Ok(Self(whole))
        } else {
            Err("not a whole number")
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use temporalio_common::data_converters::{
        PayloadConverter, SerializationContextData,
    };

    use super::*;
    use crate::connectors::records::Batch;

    /// What comes out of Temporal's conversion of what went in.
    fn through<A, B>(value: A) -> B
    where
        A: TemporalSerializable + 'static,
        B: TemporalDeserializable + 'static,
    {
        let converter = PayloadConverter::default();
        let data = SerializationContextData::None;
        let context =
            SerializationContext::new(&data, &converter);
        let payload =
            converter.to_payload(&context, &value).unwrap();
        converter.from_payload(&context, payload).unwrap()
    }

    /// serde_json keeps numbers as texts: whoever reads them as numbers must still be able to.
    #[test]
    fn numbers_survive_temporals_conversion() {
        let json = r#"{"a":[1533947986218845197,-1,0.10]}"#;
        let raw = Raw(serde_json::from_str(json).unwrap());
        let Raw(value) = through(raw);
        assert_eq!(value.to_string(), json);

        let raw =
            Raw(json!({"uri": "", "count": 7, "sha256": ""}));
        let batch: Batch = through(raw);
        assert_eq!(batch.count, 7);
        let Raw(value) = through(batch);
        assert_eq!(value["count"], 7);
        let batch = Batch::deserialize(&value).unwrap();
        assert_eq!(batch.count, 7);
    }
}
