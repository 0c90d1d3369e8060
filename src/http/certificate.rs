//! What a certificate says of itself: until when it holds, and who vouches for it. Read just deep enough for that, and
//! only after TLS has judged it; what cannot be read is left out.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::clock::Micros;
use crate::output;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    pub not_after: Micros,
    /// Organisation, else common name.
    pub issuer: Option<String>,
}

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const ORGANISATION: &[u8] = &[0x06, 3, 0x55, 0x04, 0x0a];
const COMMON_NAME: &[u8] = &[0x06, 3, 0x55, 0x04, 0x03];

pub fn read(der: &[u8]) -> Option<Certificate> {
    let (certificate, _) = value(SEQUENCE, der)?;
    let (mut fields, _) = value(SEQUENCE, certificate)?;
    if fields.first() == Some(&VERSION) {
        fields = element(fields)?.2;
    }
    // Serial number, then the algorithm.
    fields = element(element(fields)?.2)?.2;
    let (issuer, fields) = value(SEQUENCE, fields)?;
    let (validity, _) = value(SEQUENCE, fields)?;
    let (tag, end, _) = element(element(validity)?.2)?;
    Some(Certificate { not_after: time(tag, end)?, issuer: name(issuer) })
}

/// Tag, contents, and what comes behind.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let mut length = usize::from(first);
    if first >= 0x80 {
        let count = usize::from(first & 0x7f);
        let (digits, behind) = rest.split_at_checked(count).filter(|_| (1..=4).contains(&count))?;
        length = digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit));
        rest = behind;
    }
    let (contents, behind) = rest.split_at_checked(length)?;
    Some((tag, contents, behind))
}

fn value(wanted: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    element(bytes).filter(|(tag, ..)| *tag == wanted).map(|(_, contents, behind)| (contents, behind))
}

/// `YYMMDDhhmmssZ`, or with four digits of the year.
fn time(tag: u8, text: &[u8]) -> Option<Micros> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let text = match tag {
        // RFC 5280: two digits from 50 on are of the last century.
        UTC_TIME if text.get(..2)? < "50" => format!("20{text}"),
        UTC_TIME => format!("19{text}"),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    let at = DateTime::strptime("%Y%m%d%H%M%S", text).ok()?;
    TimeZone::UTC.to_timestamp(at).ok().map(|at| at.as_microsecond())
}

fn name(mut parts: &[u8]) -> Option<String> {
    let (mut organisation, mut common) = (None, None);
    while let Some((SET, set, behind)) = element(parts) {
        parts = behind;
        let Some((pair, _)) = value(SEQUENCE, set) else { continue };
        let place = match pair {
            pair if pair.starts_with(ORGANISATION) => &mut organisation,
            pair if pair.starts_with(COMMON_NAME) => &mut common,
            _ => continue,
        };
        let text = pair.get(ORGANISATION.len()..).and_then(element);
        *place = text.and_then(|(_, text, _)| std::str::from_utf8(text).ok());
    }
    organisation.or(common).map(|text| output::escape_line(text).chars().take(100).collect())
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair};

    use super::*;

    #[test]
    fn end_and_issuer_are_read() {
        let made = |year, issuer: &[(DnType, &str)]| {
            let mut params = CertificateParams::new(vec!["a.example".to_owned()]).expect("a name");
            params.not_after = rcgen::date_time_ymd(year, 2, 3);
            params.distinguished_name = rcgen::DistinguishedName::new();
            for (kind, text) in issuer {
                params.distinguished_name.push(kind.clone(), *text);
            }
            params.self_signed(&KeyPair::generate().expect("a key")).expect("a certificate")
        };
        let both = [(DnType::CommonName, "R3"), (DnType::OrganizationName, "Let's Test\u{202e}")];
        let read = read(made(2031, &both).der()).expect("readable");
        assert_eq!(crate::clock::shown(read.not_after), "2031-02-03T00:00:00Z");
        assert_eq!(read.issuer.as_deref(), Some("Let's Test\\u{202e}"));
        let late = super::read(made(2055, &[(DnType::CommonName, "R3")]).der()).expect("readable");
        assert_eq!(crate::clock::shown(late.not_after), "2055-02-03T00:00:00Z");
        assert_eq!(late.issuer.as_deref(), Some("R3"));
    }

    #[test]
    fn what_is_cut_or_changed_anywhere_is_no_panic() {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec!["a.example".to_owned()]).expect("a name");
        let der = params.self_signed(&key).expect("a certificate").der().to_vec();
        assert!(read(&der).is_some());
        for at in 0..der.len() {
            assert!(read(&der[..at]).is_none(), "{at}");
            for byte in [0, 0x30, 0x7f, 0x80, 0x84, 0xff] {
                let mut wrong = der.clone();
                wrong[at] = byte;
                let _ = read(&wrong);
            }
        }
    }
}
