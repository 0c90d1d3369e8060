//! The words of an invite: plain text and HTML, the same in both, with everything from outside escaped.

use crate::output;

/// What an invite is made of.
pub struct Invite<'a> {
    pub first_name: Option<&'a str>,
    pub property: Option<&'a str>,
    pub message: Option<&'a str>,
    pub link: &'a str,
}

/// `{entry_id}` and `{short_id}` filled in, percent-encoded; none where the template needs what the entry has not.
pub fn link(template: &str, entry_id: &str, short_id: Option<&str>) -> Option<String> {
    if template.contains("{short_id}") && short_id.is_none_or(str::is_empty) {
        return None;
    }
    let filled = template
        .replace("{entry_id}", &encoded(entry_id))
        .replace("{short_id}", &encoded(short_id.unwrap_or_default()));
    Some(filled)
}

/// Whether the template leads somewhere of its own for every entry.
pub fn check_template(template: &str) -> Result<(), &'static str> {
    let url = url::Url::parse(&template.replace(['{', '}'], "")).map_err(|_| "cannot be read as a URL")?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err("begins with neither https:// nor http://");
    }
    if !template.contains("{entry_id}") && !template.contains("{short_id}") {
        return Err("has neither {entry_id} nor {short_id}");
    }
    Ok(())
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

pub fn subject(template: &str, property: Option<&str>) -> String {
    let named = said(property).unwrap_or("your new home");
    let filled: String = template.replace("{property}", named);
    filled.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect()
}

impl Invite<'_> {
    fn paragraphs(&self) -> Vec<String> {
        let mut paragraphs = vec![match said(self.first_name) {
            Some(name) => format!("Hello {name},"),
            None => "Hello,".to_owned(),
        }];
        paragraphs.push(match said(self.property) {
            Some(property) => format!("{property} asks you to complete your screening."),
            None => "You are asked to complete your screening.".to_owned(),
        });
        paragraphs.extend(said(self.message).map(str::to_owned));
        paragraphs
    }

    pub fn text(&self) -> String {
        let mut text = self.paragraphs().join("\n\n");
        text.push_str(&format!("\n\nBegin here: {}\n\nThis link is yours alone.\n", self.link));
        text
    }

    pub fn html(&self) -> String {
        let paragraphs: String =
            self.paragraphs().iter().map(|one| format!("<p>{}</p>\n", escaped(one))).collect();
        let link = escaped(self.link);
        format!(
            "<!doctype html>\n<html><body>\n{paragraphs}<p><a href=\"{link}\">Begin here</a><br>{link}</p>\n\
             <p>This link is yours alone.</p>\n</body></html>\n"
        )
    }
}

/// Text that says something, on one line.
fn said(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// No mail program shows a control character: it is left out.
fn escaped(text: &str) -> String {
    let shown: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    output::escape_html(&shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_outside_is_text_and_never_markup() {
        let invite = Invite {
            first_name: Some("<b>Ada</b>"),
            property: Some("Oak & \"Elm\""),
            message: Some("Bring\u{8} <script>alert(1)</script>"),
            link: "https://app.example.test/i/1?a=b&c='d'",
        };
        let html = invite.html();
        assert!(!html.contains("<script") && !html.contains("<b>"), "{html}");
        assert!(html.contains("href=\"https://app.example.test/i/1?a=b&amp;c=&#39;d&#39;\""), "{html}");
        assert!(html.contains("<p>Bring &lt;script&gt;"), "{html}");
        let text = invite.text();
        assert!(
            text.contains("<script>") && text.contains("\n\nBegin here: https://app.example.test/"),
            "{text}"
        );
    }

    #[test]
    fn a_link_is_filled_in_and_encoded_or_it_is_none() {
        let template = "https://app.example.test/{short_id}/start?entry={entry_id}";
        assert_eq!(
            link(template, "7f", Some("S N/1")).as_deref(),
            Some("https://app.example.test/S%20N%2F1/start?entry=7f")
        );
        assert_eq!(link(template, "7f", None), None);
        for (template, good) in [
            ("https://a.example/{entry_id}", true),
            ("https://a.example/", false),
            ("javascript:alert({entry_id})", false),
            ("{entry_id}", false),
        ] {
            assert_eq!(check_template(template).is_ok(), good, "{template}");
        }
        assert_eq!(subject("Screening for {property}", Some("Oak\r\nBcc: x")), "Screening for Oak  Bcc: x");
    }
}
