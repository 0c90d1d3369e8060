//! Writes: accepted, refused, or unknown; never twice.

use super::*;
use crate::yardi::account::Way;
use crate::yardi::screening::{Document, Screening};
use crate::yardi::trouble::Class;

fn screening(prospect: &str) -> Screening {
    Screening {
        property: "oakst".into(),
        prospect: prospect.into(),
        first_name: "Ada".into(),
        last_name: "Okafor".into(),
        status: "Completed".into(),
        fraud: "Clean".into(),
        income: "Approved".into(),
        asset: Some("Approved".into()),
        report_url: Hidden::new("https://app.example.test/reports/7f3c0a9b?a=1&b=2"),
        marker: "[hy:entry/7f3c0a9b0000]".into(),
        at: window().to,
        tenant: None,
        document: None,
    }
}

fn pdf() -> Option<Document> {
    Some(Document { bytes: b"%PDF-1.4\n".to_vec(), extension: "pdf".into() })
}

fn refused(result: Result<Accepted, WriteTrouble>) -> Trouble {
    match result {
        Err(WriteTrouble::Refused(trouble)) => trouble,
        other => panic!("{other:?}"),
    }
}

fn unknown(result: Result<Accepted, WriteTrouble>) -> Trouble {
    match result {
        Err(WriteTrouble::Unknown(trouble)) => trouble,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_documents_five_fields_go_out() {
    let voyager = oak_street();
    let service = service(account(&voyager, Profile::Conceptual));
    let accepted = service.submit(&screening("p0000101")).await.expect("accepted");
    assert_eq!(accepted, Accepted { confirmed: false, already: false });
    let sent = &voyager.asked("UpdateProspectScreening")[0];
    let body: Vec<_> =
        sent.values.iter().skip(9).map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        body,
        [
            ("ScreeningStatus", "Completed"),
            ("FraudResult", "Clean"),
            ("IncomeResult", "Approved"),
            ("ReportURL", "https://app.example.test/reports/7f3c0a9b?a=1&b=2"),
        ]
    );
    assert_eq!(sent.value("ProspectCode"), Some("p0000101"));
}

#[tokio::test]
async fn a_write_is_sent_once_and_a_lost_answer_is_unknown() {
    let table = [
        ("reset", true, Class::Transport),
        ("cut/50", true, Class::Truncated),
        ("cut-clean/50", true, Class::Truncated),
        ("html/200", true, Class::Html),
        ("html/503", true, Class::HttpServer),
        ("shell", true, Class::EmptyResult),
        ("html/401", false, Class::HttpClient),
        ("too-many/60", false, Class::RateLimited),
        ("fault", false, Class::Fault),
        ("fault/Transaction was deadlocked, try again", false, Class::Fault),
        ("fault/Timeout expired. The operation did not complete", true, Class::Fault),
        ("error/Login failed.", false, Class::Auth),
        ("scalar/-2", false, Class::PropertyAccess),
        ("scalar/false", false, Class::Unknown),
    ];
    for (behaviour, is_unknown, class) in table {
        let voyager = oak_street();
        voyager.behave("*", behaviour);
        let result = service(account(&voyager, Profile::Conceptual)).submit(&screening("p0000101")).await;
        let trouble = if is_unknown { unknown(result) } else { refused(result) };
        assert_eq!(trouble.class, class, "{behaviour}: {trouble:?}");
        assert_eq!(voyager.requests().len(), 1, "{behaviour}");
        is_clean(&trouble);
    }
    let nobody =
        Account { endpoint: "http://127.0.0.1:1/".into(), ..account(&oak_street(), Profile::Conceptual) };
    assert_eq!(refused(service(nobody).submit(&screening("p1")).await).class, Class::Transport);
}

#[tokio::test]
async fn a_silent_service_leaves_a_write_unknown() {
    let voyager = oak_street();
    voyager.behave("*", "applied-silent");
    let mut account = account(&voyager, Profile::Conceptual);
    account.options.timeout = Duration::from_millis(300);
    let trouble = unknown(service(account).submit(&screening("p0000101")).await);
    assert_eq!(trouble.class, Class::Transport);
    assert_eq!(voyager.requests().len(), 1);
}

#[tokio::test]
async fn a_note_is_written_once_and_read_back() {
    let voyager = oak_street();
    let service = service(account(&voyager, Profile::Voyager));
    let accepted = service.submit(&screening("p0000101")).await.expect("accepted");
    assert_eq!(accepted, Accepted { confirmed: true, already: false });
    let notes = voyager.notes("oakst", "[hy:entry/7f3c0a9b0000]");
    assert_eq!(
        notes,
        [
            "[hy:entry/7f3c0a9b0000] Screening Completed; fraud Clean; income Approved; https://app.example.test/reports/7f3c0a9b?a=1&b=2"
        ]
    );
    let sent = &voyager.asked("ImportYardiGuest_Login")[0];
    assert_eq!(sent.value("TransactionSource"), Some("Website"));
    assert!(sent.value("YardiPropertyId").is_none());
    assert!(
        sent.body.contains(
            "<LeadManagement xmlns=\"\"><Prospects><Prospect><Customers><Customer Type=\"prospect\">"
        )
    );
    assert!(sent.body.contains("EventDate=\"2025-01-15T04:00:00\""), "{}", sent.body);
    let again = service.submit(&screening("p0000101")).await.expect("accepted");
    assert_eq!(again, Accepted { confirmed: true, already: true });
    assert_eq!(voyager.asked("ImportYardiGuest_Login").len(), 1);
    // A roommate of the same household, whose name the search finds as well.
    let other = voyager::find_marker(&service.client, &service.learnt, &screening("p0000103")).await;
    assert!(!other.expect("an answer"));
}

#[tokio::test]
async fn a_note_whose_answer_was_lost_is_settled_by_reading() {
    let voyager = oak_street();
    let mut account = account(&voyager, Profile::Voyager);
    account.options.timeout = Duration::from_secs(5);
    voyager.behave("oakst", "applied-silent");
    let service = service(account);
    let accepted = service.submit(&screening("p0000101")).await.expect("found when read back");
    assert_eq!(accepted, Accepted { confirmed: true, already: false });
    service.submit(&screening("p0000101")).await.expect("it stands there");
    assert_eq!(voyager.asked("ImportYardiGuest_Login").len(), 1);
    assert_eq!(voyager.notes("oakst", "[hy:entry/7f3c0a9b0000]").len(), 1);
}

#[tokio::test]
async fn a_note_that_is_not_there_when_read_back_is_a_ghost() {
    let voyager = oak_street();
    voyager.behave("oakst", "ghost");
    let trouble = unknown(service(account(&voyager, Profile::Voyager)).submit(&screening("p0000101")).await);
    assert_eq!(trouble.class, Class::Ghost);
    assert_eq!(voyager.asked("ImportYardiGuest_Login").len(), 1);
}

#[tokio::test]
async fn a_closed_card_takes_a_document() {
    let voyager = oak_street();
    let resident = Person {
        tenant: "t0000999".into(),
        ..Person::new("p0000999", "current_resident", "Ada", "Okafor", "")
    };
    voyager.add("oakst", Household::of(vec![resident]));
    let service = service(account(&voyager, Profile::Voyager));
    assert_eq!(refused(service.submit(&screening("p0000999")).await).class, Class::NotEditable);
    let with = Screening { document: pdf(), tenant: Some("t0000999".into()), ..screening("p0000999") };
    let accepted = service.submit(&with).await.expect("accepted");
    assert_eq!(accepted, Accepted { confirmed: true, already: false });
    let again = service.submit(&with).await.expect("accepted");
    assert_eq!(again, Accepted { confirmed: true, already: true });
    let documents = voyager.documents();
    assert_eq!(documents.len(), 1);
    assert_eq!(documents[0].description, "hy entry 7f3c0a9b0000 - Completed");
    assert_eq!(documents[0].attachment, "JVBERi0xLjQK");
    let sent = &voyager.asked("ImportGuestDocumentExt")[0];
    assert_eq!(sent.value("DataBase"), Some("clientdb_live"));
    assert_eq!(sent.value("PropertyId"), Some("oakst"));
    assert_eq!(sent.value("ProspectOrTenantCode"), Some("t0000999"));
}

#[tokio::test]
async fn an_address_can_go_out_as_a_document() {
    let voyager = oak_street();
    let mut account = account(&voyager, Profile::Voyager);
    account.options.ways = vec![Way::Weblink];
    service(account).submit(&screening("p0000101")).await.expect("accepted");
    let sent = &voyager.asked("ImportProspectDocumentPDF")[0];
    assert_eq!(sent.value("WebLink"), Some("true"));
    assert_eq!(sent.value("Attachment"), Some("https://app.example.test/reports/7f3c0a9b?a=1&b=2"));
}

#[tokio::test]
async fn values_that_yardi_does_not_know_are_named() {
    let voyager = oak_street();
    let mut account = account(&voyager, Profile::Voyager);
    account.options.source = Some("Facebook".into());
    let trouble = refused(service(account).submit(&screening("p0000101")).await);
    assert_eq!(
        (trouble.class, trouble.text.as_str()),
        (Class::ReferenceData, "Source Name Facebook not found in Voyager")
    );
}

#[tokio::test]
async fn what_xml_cannot_carry_is_refused_and_not_sent() {
    let voyager = oak_street();
    let with = Screening { fraud: "Cle\u{1}an".into(), ..screening("p0000101") };
    let trouble = refused(service(account(&voyager, Profile::Conceptual)).submit(&with).await);
    assert_eq!(trouble.class, Class::Validation);
    assert_eq!(voyager.requests().len(), 0);
}
