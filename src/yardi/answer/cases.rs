//! What an answer may look like, and what is made of it: every shape, every attack, and a hundred thousand ways of
//! spoiling a good one.

use super::super::prospect::LeftOut;
use super::*;
use crate::random::Random;

const GUESTS: &str = include_str!("cases/guests.xml");
const ROWS: &str = include_str!("cases/rows.xml");
const RESULT: &str = "GetYardiGuestActivity_DateRangeResult";

fn guests(bytes: &[u8]) -> Result<(Told, Guests), Unreadable> {
    let mut guests = Guests::default();
    read(bytes, RESULT, &mut guests).map(|told| (told, guests))
}

fn rows(bytes: &[u8]) -> Result<(Told, Rows), Unreadable> {
    let mut rows = Rows::default();
    read(bytes, "GetNewProspectsResult", &mut rows).map(|told| (told, rows))
}

#[test]
fn a_household_is_read_whole() {
    let (told, guests) = guests(GUESTS.as_bytes()).expect("a good answer");
    assert!(told.result && told.filled && guests.is_list && told.messages.is_empty());
    let shown: Vec<String> = guests
        .prospects
        .iter()
        .map(|p| {
            let events: Vec<&str> = p.events().collect();
            let main = if p.is_main() { "main" } else { "along" };
            format!(
                "{} {} {} {} {}|{}|{} of {} {main} {}",
                p.code(),
                p.property(),
                p.tenant(),
                p.kind(),
                p.first_name(),
                p.last_name(),
                p.email(),
                p.household(),
                events.join("+")
            )
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r"
    p0000102 oakst r0000301 roommate Ben|Okafor|0 of p0000101 along WalkIn+Application
    p0000101 oakst t0000201 applicant Ada|Okafor & Søn|Ada.Okafor@Example.test of p0000101 main WalkIn+Application
    p0000103   prospect  |Lovelace| of p0000103 main Other
    ");
}

#[test]
fn names_of_agents_are_nobodys() {
    let (_, guests) = guests(GUESTS.as_bytes()).expect("a good answer");
    assert!(guests.prospects.iter().all(|p| p.first_name() != "Lee" && p.last_name() != "Park"));
}

#[test]
fn a_marker_is_found_in_the_comments_of_its_household_only() {
    let mut guests = Guests::looking_for("[hy:entry/7f3c0a9b0000]");
    read(GUESTS.as_bytes(), RESULT, &mut guests).expect("a good answer");
    assert_eq!(guests.marked.len(), 1);
    assert_eq!(guests.marked[0].codes, ["p0000103"]);
}

#[test]
fn rows_may_miss_anything_but_the_code() {
    let (_, rows) = rows(ROWS.as_bytes()).expect("a good answer");
    let shown: Vec<String> = rows
        .prospects
        .iter()
        .map(|p| format!("{}|{}|{}|{}|{}", p.code(), p.property(), p.first_name(), p.last_name(), p.email()))
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r"
    PROS-101|PROP-700|Ada|Okafor|ada.okafor@example.test
    PROS-101||Ben||ben@example.test
    PROS-102||||
    ");
    assert_eq!(rows.left_out, [LeftOut::NoCode, LeftOut::UnknownEntity, LeftOut::TooLong]);
}

fn with_name(name: &str) -> String {
    ROWS.replacen("<FirstName>Ada", &format!("<FirstName>{name}"), 1)
}

#[test]
fn names_come_as_they_are() {
    let table = [
        ("O'Brien &amp; Søns &lt;x&gt;", "O'Brien & Søns <x>", 0),
        ("<![CDATA[a]]><![CDATA[<b>]]>&#246;&#x1F600;<!-- c -->d", "a<b>ö😀d", 0),
        ("\u{1b}[2J\u{1}\u{202e}", "\u{1b}[2J\u{1}\u{202e}", 0),
        ("a\0b", "ab", 1),
        ("&#x0;&#x1F;&#xFFFF;", "\u{fffd}\u{fffd}\u{fffd}", 3),
        ("a<b>x</b>c", "ac", 0),
    ];
    for (written, read, replaced) in table {
        let (told, rows) = rows(with_name(written).as_bytes()).expect(written);
        assert_eq!(rows.prospects[0].first_name(), read, "{written}");
        assert_eq!(told.replaced, replaced, "{written}");
        assert_eq!(rows.prospects[0].is_altered(), replaced > 0, "{written}");
    }
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2], mark: bool) -> Vec<u8> {
    let text = text.replacen("utf-8", "utf-16", 1);
    let mark = mark.then_some(0xfeff);
    mark.into_iter().chain(text.encode_utf16()).flat_map(bytes).collect()
}

#[test]
fn encodings_are_told_by_mark_and_declaration() {
    let jose = with_name("José");
    let latin: Vec<u8> = jose.replacen("utf-8", "windows-1252", 1).chars().map(|c| c as u8).collect();
    let undeclared = jose.replacen("<?xml version=\"1.0\" encoding=\"utf-8\"?>", "", 1);
    let padded = jose.replacen("?>", &format!("?><!--{}-->", "é".repeat(3000)), 1);
    let cases = [
        ("utf-8", jose.clone().into_bytes()),
        ("mark", format!("\u{feff}{jose}").into_bytes()),
        ("undeclared", undeclared.into_bytes()),
        ("windows-1252", latin),
        ("utf-16le", utf16(&jose, u16::to_le_bytes, true)),
        ("utf-16be", utf16(&jose, u16::to_be_bytes, true)),
        ("utf-16le, no mark", utf16(&jose, u16::to_le_bytes, false)),
        ("utf-16be, no mark", utf16(&jose, u16::to_be_bytes, false)),
        ("utf-16le, long", utf16(&padded, u16::to_le_bytes, true)),
        ("declared utf-16 and is not", jose.replacen("utf-8", "utf-16", 1).into_bytes()),
    ];
    for (name, bytes) in cases {
        let (_, rows) = rows(&bytes).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert_eq!(rows.prospects[0].first_name(), "José", "{name}");
        // However small the pieces are that it arrives in.
        let mut slow = Rows::default();
        let pieces = std::io::BufReader::with_capacity(3, bytes.as_slice());
        read(pieces, "GetNewProspectsResult", &mut slow).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert_eq!(slow.prospects, rows.prospects, "{name}");
    }
    let wrong = jose.replacen("utf-8", "klingon", 1);
    assert!(matches!(rows(wrong.as_bytes()), Err(Unreadable::Malformed(_))));
    let mixed: Vec<u8> = jose.chars().map(|c| c as u8).collect();
    assert!(matches!(rows(&mixed), Err(Unreadable::Malformed(_))));
}

#[test]
fn attacks_are_refused_before_they_cost_anything() {
    let envelope = |inside: &str| ROWS.replacen("<Prospect>", &format!("{inside}<Prospect>"), 1);
    let doctype = |text: &str| ROWS.replacen("?>", &format!("?>{text}"), 1);
    let laughs = format!(
        "<!DOCTYPE e [<!ENTITY a0 \"lol\">{}]>",
        (1..10)
            .map(|at| format!("<!ENTITY a{at} \"{}\">", format!("&a{};", at - 1).repeat(10)))
            .collect::<String>()
    );
    let cases = [
        ("a document type", doctype("<!DOCTYPE Envelope>"), Unreadable::Dtd),
        ("laughs", doctype(&laughs), Unreadable::Dtd),
        (
            "quadratic",
            doctype(&format!("<!DOCTYPE e [<!ENTITY q \"{}\">]>", "q".repeat(1 << 20))),
            Unreadable::Dtd,
        ),
        ("external", doctype("<!DOCTYPE e SYSTEM \"file:///etc/passwd\">"), Unreadable::Dtd),
        (
            "parameter",
            doctype("<!DOCTYPE e [<!ENTITY % p SYSTEM \"http://127.0.0.1/\"> %p;]>"),
            Unreadable::Dtd,
        ),
        ("late", envelope("<!DOCTYPE e>"), Unreadable::Dtd),
        (
            "deep",
            envelope(&"<a>".repeat(1_000_000)),
            Unreadable::TooLarge("it is nested deeper than 64 elements"),
        ),
        (
            "a long tag",
            envelope(&format!("<a b=\"{}\"/>", "x".repeat(100_000))),
            Unreadable::TooLarge("a tag of it is longer than 64 KiB"),
        ),
        (
            "a long text",
            envelope(&"x".repeat(9 << 20)),
            Unreadable::TooLarge("a text of it is longer than 8 MiB"),
        ),
        ("a page", "<html><body>".into(), Unreadable::NotSoap("an HTML page")),
        ("a page that says so", "<!doctype html><p>".into(), Unreadable::NotSoap("an HTML page")),
        ("JSON", " {\"a\":1}".into(), Unreadable::NotSoap("JSON")),
        ("nothing", "".into(), Unreadable::NotSoap("empty")),
        ("blanks", " \n ".into(), Unreadable::NotSoap("empty")),
        ("words", "no such thing".into(), Unreadable::NotSoap("plain text")),
        ("another document", "<a/>".into(), Unreadable::NotSoap("some other XML")),
        ("two", format!("{ROWS}<a/>"), Unreadable::Malformed("a second document follows the first".into())),
        (
            "mixed up",
            ROWS.replacen("</FirstName>", "</Firstname>", 1),
            Unreadable::Malformed("tags do not match".into()),
        ),
    ];
    for (name, xml, expected) in cases {
        assert_eq!(rows(xml.as_bytes()).expect_err(name), expected, "{name}");
    }
}

#[test]
fn an_answer_in_a_string_is_read_once_more() {
    let inside = "<LeadManagement><Prospects><Prospect><Customers><Customer Type=\"applicant\"><Identification IDType=\"prospectid\" IDValue=\"p1\"/></Customer></Customers></Prospect></Prospects></LeadManagement>";
    let declared = format!("<?xml version=\"1.0\" encoding=\"utf-16\"?>{inside}");
    let cdata = format!("<![CDATA[{declared}]]>");
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    let envelope = |text: &str| {
        format!("<s:Envelope xmlns:s=\"x\"><s:Body><R><{RESULT}>{text}</{RESULT}></R></s:Body></s:Envelope>")
    };
    for text in [escape(inside), escape(&declared), cdata] {
        let (told, guests) = guests(envelope(&text).as_bytes()).expect("a good answer");
        assert!(told.filled && guests.is_list && guests.prospects.len() == 1, "{text}");
    }
    let twice = escape(&format!("<x>{}</x>", escape(inside)));
    let (_, read) = guests(envelope(&twice).as_bytes()).expect("a good answer");
    assert!(!read.is_list && read.prospects.is_empty());
    let message = escape("<Messages><Message messageType=\"Error\">Login failed</Message></Messages>");
    let (told, _) = guests(envelope(&message).as_bytes()).expect("a good answer");
    assert_eq!(told.messages, [Message { kind: "Error".into(), text: "Login failed".into() }]);
    let bomb = escape("<!DOCTYPE e [<!ENTITY a \"a\">]><e>&a;</e>");
    assert_eq!(guests(envelope(&bomb).as_bytes()).expect_err("a DTD"), Unreadable::Dtd);
    let cut = escape("<LeadManagement><Prospects>");
    assert_eq!(guests(envelope(&cut).as_bytes()).expect_err("cut"), Unreadable::Truncated);
}

#[test]
fn both_kinds_of_fault_are_read() {
    let eleven = "<Envelope><Body><Fault><faultcode>soap:Server</faultcode><faultstring>a &amp; b</faultstring></Fault></Body></Envelope>";
    let twelve = "<e:Envelope xmlns:e=\"x\"><e:Header><e:Fault/></e:Header><e:Body><e:Fault><e:Code><e:Value>e:Sender</e:Value></e:Code><e:Reason><e:Text xml:lang=\"en\">a &amp; b</e:Text><e:Text xml:lang=\"de\">c</e:Text></e:Reason></e:Fault></e:Body></e:Envelope>";
    for (xml, code) in [(eleven, "soap:Server"), (twelve, "e:Sender")] {
        let (told, _) = rows(xml.as_bytes()).expect("a fault");
        assert_eq!(told.fault, Some(Fault { code: code.into(), text: "a & b".into() }));
        assert!(!told.result);
    }
}

/// Cut at every byte: never a panic, never a good end.
#[test]
fn an_answer_cut_at_any_byte_does_not_end_well() {
    for good in [GUESTS, ROWS] {
        let whole = good.trim_end().len();
        for cut in 0..whole {
            let bytes = &good.as_bytes()[..cut];
            let told = read(bytes, RESULT, &mut Guests::default());
            assert!(
                matches!(told, Err(Unreadable::Truncated | Unreadable::NotSoap("empty"))),
                "{cut}: {told:?}"
            );
        }
    }
}

/// Spoilt in a hundred thousand ways: a verdict each time, and no panic.
#[test]
fn a_hundred_thousand_spoilt_answers_get_a_verdict() {
    let random = Random::seeded(20_260_401);
    let below = |most: usize| usize::try_from(random.next()).unwrap_or(0) % most.max(1);
    let spices: [&[u8]; 16] = [
        b"<",
        b">",
        b"&",
        b"]]>",
        b"<![CDATA[",
        b"<!--",
        b"<!DOCTYPE a [",
        b"&#0;",
        b"&x;",
        b"\0",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"<?xml encoding='utf-16'?>",
        b"</Prospect>",
        b"<Prospect><Customers><Customer>",
        b"\"",
    ];
    let mut good = 0;
    for round in 0..100_000 {
        let mut bytes = if round % 2 == 0 { GUESTS } else { ROWS }.as_bytes().to_vec();
        for _ in 0..=below(4) {
            if bytes.is_empty() {
                break;
            }
            let at = below(bytes.len());
            match below(5) {
                0 => bytes[at] = u8::try_from(below(256)).unwrap_or(0),
                1 => bytes.truncate(at),
                2 => drop(bytes.splice(at..at, spices[below(spices.len())].iter().copied())),
                3 => {
                    let to = (at + below(40)).min(bytes.len());
                    drop(bytes.drain(at..to));
                }
                _ => {
                    let to = (at + below(200)).min(bytes.len());
                    let copied = bytes[at..to].to_vec();
                    let into = below(bytes.len() + 1);
                    drop(bytes.splice(into..into, copied));
                }
            }
        }
        let mut lists = Lists::default();
        good += usize::from(guests(&bytes).is_ok());
        good += usize::from(rows(&bytes).is_ok());
        good += usize::from(read(bytes.as_slice(), RESULT, &mut lists).is_ok());
    }
    assert!(good > 1000, "only {good} were read: the spoiling spoils everything");
}
