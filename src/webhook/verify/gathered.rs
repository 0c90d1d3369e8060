//! What was given of the request, from wherever it was given.

use std::path::PathBuf;

use super::super::captured;
use super::super::inputs::{self, unusable};
use super::Args;
use crate::failure::Failure;
use crate::output::Printer;
use crate::signature::{Catalogue, Headers, Jwks};

pub struct Gathered {
    pub headers: Headers,
    /// None until it is read, and for good when it is too long to be kept.
    pub body: Option<Vec<u8>>,
    /// As it was captured, a tab of the body may have become a blank.
    pub is_blanked: bool,
    /// Where the body comes from, if not from a captured request.
    pub file: Option<PathBuf>,
    pub url: Option<String>,
    pub jwks: Option<Jwks>,
}

impl Gathered {
    pub fn read(args: &Args, catalogue: &Catalogue, printer: &Printer) -> Result<Gathered, Failure> {
        let mut gathered = Gathered {
            headers: Headers::default(),
            body: None,
            is_blanked: false,
            file: args.file.clone(),
            url: args.url.clone(),
            jwks: None,
        };
        if let Some(path) = &args.request {
            let bytes = inputs::whole(Some(path), "the request")?;
            let captured = captured::read(&bytes)
                .map_err(|why| Failure::usage(why).context("cannot read the captured request"))?;
            captured.notes.iter().for_each(|note| printer.note(&format!("note: {note}")));
            gathered.headers = captured.headers;
            gathered.body = Some(captured.body);
            gathered.is_blanked = captured.is_blanked;
            gathered.url = gathered.url.or(captured.url);
        }
        if let Some(path) = &args.headers {
            let bytes = inputs::whole(Some(path), "the headers")?;
            let (headers, _) = Headers::block(&bytes)
                .map_err(|why| Failure::usage(why).context(format!("cannot read {}", path.display())))?;
            gathered.headers.extend(headers);
        }
        for (at, line) in args.header.iter().enumerate() {
            let (name, value) = Headers::line(line.as_bytes())
                .ok_or_else(|| Failure::usage(format!("--header number {} is not `Name: value`", at + 1)))?;
            unprotected(&name, catalogue)?;
            gathered.headers.push(&name, &value);
        }
        if let Some(path) = &args.jwks {
            let bytes = inputs::whole(Some(path), "the JWKS")?;
            gathered.jwks = Some(Jwks::read(&bytes).map_err(|refusal| unusable(&refusal))?);
        }
        Ok(gathered)
    }
}

/// A header that is a secret itself has no place among arguments, which every user of the machine can see.
fn unprotected(name: &str, catalogue: &Catalogue) -> Result<(), Failure> {
    if catalogue.secret_headers().iter().any(|header| header.eq_ignore_ascii_case(name)) {
        return Err(Failure::usage(format!(
            "the header {name} is a secret, and arguments can be seen by others"
        ))
        .hint("give it in a file: --headers FILE or --request FILE"));
    }
    Ok(())
}
