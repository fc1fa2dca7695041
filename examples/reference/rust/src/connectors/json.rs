//! JSON by RFC 8259, and no more: what one reader would take and another refuse is refused.
use serde_json::Value;

const MAX_DEPTH: usize = 100;
const BOM: &[u8] = b"\xEF\xBB\xBF";
/// Beyond it, not every whole number is a double.
const MAX_WHOLE: f64 = 9_007_199_254_740_992.0;

/// A JSON text in UTF-8, behind one BOM at most: no lone surrogate, at most 100 levels; of a name given
/// twice, the last value. Numbers keep their digits. None for anything else.
pub fn parse_json(bytes: &[u8]) -> Option<Value> {
    let json = bytes.strip_prefix(BOM).unwrap_or(bytes);
    if is_deep(json) {
        return None;
    }
    serde_json::from_slice(json).ok()
}

/// A double in JSON: a whole one without a fraction, and no -0.
pub fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < MAX_WHOLE {
        Value::from(value as i64)
    } else {
        Value::from(value)
    }
}

fn is_deep(json: &[u8]) -> bool {
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'[' | b'{' if depth == MAX_DEPTH => return true,
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_json_is_json() {
        let deep =
            |levels| "[".repeat(levels) + &"]".repeat(levels);
        let good = [
            r#"{"a": "\ud83d\ude00", "b": ["\\", "]"]}"#,
            "\u{feff}1",
            "-0",
            "1e999",
            &deep(100),
        ];
        for text in good {
            assert!(
                parse_json(text.as_bytes()).is_some(),
                "{text}"
            );
        }
        let bad = [
            "",
            "NaN",
            "01",
            "+1",
            "1.",
            ".5",
            "[1,]",
            "{'a': 1}",
            "1 2",
            "\"\t\"",
            r#""\ud800""#,
            r#"{"\udc00": 1}"#,
            r#""\ud800\u0041""#,
            "\u{feff}\u{feff}1",
            &deep(101),
        ];
        for text in bad {
            assert!(
                parse_json(text.as_bytes()).is_none(),
                "{text}"
            );
        }
        assert!(parse_json(b"\"\xE9\"").is_none());
    }

    #[test]
    fn numbers_keep_their_digits_and_names_their_last_value() {
        for text in [
            "[1533947986218845197,1.10,-0,123456789012345678901]",
            r#"{"a":0.1000000000000000055511151231257827}"#,
        ] {
            let json = parse_json(text.as_bytes()).unwrap();
            assert_eq!(json.to_string(), text);
        }
        let twice = parse_json(br#"{"a":{"b":1},"a":{"c":2}}"#);
        assert_eq!(twice, Some(json!({"a": {"c": 2}})));
    }

    #[test]
    fn whole_doubles_have_no_fraction() {
        let printed = |value| number(value).to_string();
        assert_eq!(printed(517.0), "517");
        assert_eq!(printed(-0.0), "0");
        assert_eq!(printed(39.02), "39.02");
        assert_eq!(printed(0.1 + 0.2), "0.30000000000000004");
    }
}
