//! An entry of a HAR file, as browsers and proxies save it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::Captured;
use crate::signature::Headers;

pub fn read(bytes: &[u8]) -> Result<Captured, String> {
    let value: Value = serde_json::from_slice(bytes).map_err(|_| "it begins like HAR and is not JSON")?;
    let request = request(&value)?;
    let mut headers = Headers::default();
    for header in request["headers"].as_array().into_iter().flatten() {
        let (Some(name), Some(value)) = (header["name"].as_str(), header["value"].as_str()) else {
            return Err("a header of the HAR entry has no name or no value".into());
        };
        // HTTP/2's pseudo-headers are no headers of the request.
        if !name.starts_with(':') {
            headers.push(name, value.as_bytes());
        }
    }
    Ok(Captured {
        url: request["url"].as_str().map(str::to_owned),
        headers,
        body: body(&request["postData"])?,
        is_blanked: false,
        notes: Vec::new(),
    })
}

/// A whole file with one entry, one entry, or a request alone.
fn request(value: &Value) -> Result<&Value, String> {
    let entries = value.pointer("/log/entries").or(Some(value)).and_then(Value::as_array);
    let entry = match entries.map(Vec::as_slice) {
        None => value,
        Some([entry]) => entry,
        Some(entries) => {
            return Err(format!("the HAR file has {} entries: save the one that is meant", entries.len()));
        }
    };
    let request = entry.get("request").unwrap_or(entry);
    match request["headers"].is_array() {
        true => Ok(request),
        false => Err("it is JSON, but not a HAR entry: it has no `request` with `headers`".into()),
    }
}

fn body(data: &Value) -> Result<Vec<u8>, String> {
    let encoding = data["encoding"].as_str().or(data["_encoding"].as_str());
    match (data["text"].as_str(), encoding) {
        (Some(text), Some("base64")) => {
            STANDARD.decode(text).map_err(|_| "the HAR entry's body is not the base64 it says it is".into())
        }
        (Some(text), _) => Ok(text.as_bytes().to_vec()),
        (None, _) if data["params"].as_array().is_some_and(|params| !params.is_empty()) => {
            Err("the HAR entry holds parsed fields in place of the body's bytes: save the raw body".into())
        }
        (None, _) => Ok(Vec::new()),
    }
}
