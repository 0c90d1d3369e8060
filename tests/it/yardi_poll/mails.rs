//! Invites by mail: after the commit, to one address, at most once where nobody can know.

use crate::support::{Estate, Hookyard, Mailbox, Post, Soap};

fn poll(estate: &Estate, mailbox: &Mailbox, more: &[&str]) -> Hookyard {
    estate
        .poll(&[&["--quiet"], more].concat())
        .env("HOOKYARD_SMTP_URL", &mailbox.url())
        .env("HOOKYARD_MAIL_FROM", "Acme Screening <invites@acme.example>")
        .env("HOOKYARD_INVITE_URL", "https://app.example.test/i/{entry_id}?s={short_id}")
}

const STATES: &str = "select coalesce(string_agg(state || ' ' || n, ', ' order by state), 'none')
    from (select state, count(*) as n from hookyard.mails group by state) s";

#[test]
fn an_invite_is_mailed_in_plain_text_and_html_with_the_link_and_the_message() {
    let (soap, mailbox) = (Soap::start(), Mailbox::start());
    let estate = Estate::simple(&soap);
    estate.database.execute("update yardi_integrations set custom_message = 'Bring <b>papers</b> & ID'");
    soap.has_people("PROP-700", 1, 3);
    let told = poll(&estate, &mailbox, &[]).run().succeeds();
    assert_eq!(told.stdout, "1 property polled, 2 rows: 2 new invites, 2 entries\ninvite mails: 2 sent\n");
    assert_eq!(mailbox.recipients(), ["RCPT TO:<p1@example.test>", "RCPT TO:<p2@example.test>"]);
    let letter = mailbox.letters()[0].replace("=\r\n", "").replace("=3D", "=");
    let entry = estate.text("select entry_id::text from hookyard.mails where address = 'p1@example.test'");
    let short = estate.text(&format!("select short_id from entries where id = '{entry}'"));
    for part in [
        "From: \"Acme Screening\" <invites@acme.example>",
        "To: p1@example.test",
        "Subject: Your screening for Name of PROP-700",
        "Hello First1,",
        "Bring <b>papers</b> & ID",
        "Bring &lt;b&gt;papers&lt;/b&gt; &amp; ID",
        &format!("https://app.example.test/i/{entry}?s={short}"),
    ] {
        assert!(letter.contains(part), "{part}\n{letter}");
    }
    assert_eq!(estate.text(STATES), "sent 2");
    poll(&estate, &mailbox, &["--force"]).run().succeeds();
    assert_eq!(mailbox.letters().len(), 2, "the same people are not mailed again");
}

#[test]
fn a_letter_that_was_refused_is_tried_again_and_the_final_no_is_kept() {
    let (soap, mailbox) = (Soap::start(), Mailbox::start());
    let estate = Estate::simple(&soap);
    soap.has_people("PROP-700", 1, 2);
    for post in [Post::Recipient("450 busy"), Post::Data("451 busy"), Post::Letter("452 full")] {
        mailbox.becomes(post);
        let told = poll(&estate, &mailbox, &["--force"]).run().succeeds();
        assert!(told.stdout.contains("invite mails: 0 sent, 1 put off, 1 waiting\n"), "{told}");
        assert_eq!(estate.text(STATES), "waiting 1");
        estate.time_passes();
    }
    mailbox.becomes(Post::Takes);
    let told = poll(&estate, &mailbox, &[]).run().succeeds();
    assert!(told.stdout.contains("invite mails: 1 sent\n"), "{told}");
    let (soap, mailbox) = (Soap::start(), Mailbox::start());
    let estate = Estate::simple(&soap);
    soap.has_people("PROP-700", 1, 3);
    mailbox.becomes(Post::Recipient("550 no such user"));
    let told = poll(&estate, &mailbox, &[]).run().exits(1);
    assert!(
        told.stdout.contains("invite mails: 0 sent, 2 refused\n") && told.stdout.contains("550"),
        "{told}"
    );
    assert_eq!(estate.text(STATES), "refused 2");
    assert_eq!(mailbox.letters().len(), 0);
}

#[test]
fn a_lost_answer_is_unknown_and_the_letter_is_never_sent_again_by_itself() {
    let (soap, mailbox) = (Soap::start(), Mailbox::start());
    let estate = Estate::simple(&soap);
    soap.has_people("PROP-700", 1, 3);
    mailbox.becomes(Post::DropsAfterLetter);
    let told = poll(&estate, &mailbox, &[]).run().exits(1);
    assert!(
        told.stdout.contains(
            "invite mails: 0 sent, 2 unknown: the server may have them, and they are not sent again\n"
        ),
        "{told}"
    );
    assert_eq!(estate.text(STATES), "unknown 2");
    mailbox.becomes(Post::Takes);
    estate.time_passes();
    poll(&estate, &mailbox, &["--force"]).run().succeeds();
    assert_eq!(mailbox.letters().len(), 2);
}

#[test]
fn a_run_that_is_killed_while_a_letter_is_on_its_way_leaves_it_unknown() {
    let (soap, mailbox) = (Soap::start(), Mailbox::start());
    let estate = Estate::simple(&soap);
    soap.has_people("PROP-700", 1, 2);
    mailbox.becomes(Post::SilentAfterLetter);
    let mut run = poll(&estate, &mailbox, &[]).start();
    mailbox.wait_for(1);
    run.kill();
    assert_eq!(estate.text(STATES), "sending 1");
    estate.database.execute("update hookyard.mails set lease_until = now() - interval '1 second'");
    mailbox.becomes(Post::Takes);
    let told = poll(&estate, &mailbox, &[]).run().exits(1);
    assert!(told.stdout.contains("1 unknown"), "{told}");
    assert_eq!((estate.text(STATES).as_str(), mailbox.letters().len()), ("unknown 1", 1));
}

#[test]
fn a_server_that_is_away_costs_no_invite() {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    soap.has_people("PROP-700", 1, 3);
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port");
    let told = estate
        .poll(&["--quiet"])
        .env("HOOKYARD_SMTP_URL", &format!("smtp://{free}?tls=none"))
        .env("HOOKYARD_MAIL_FROM", "invites@acme.example")
        .env("HOOKYARD_INVITE_URL", "https://app.example.test/i/{entry_id}")
        .run()
        .exits(3);
    assert!(
        told.stdout.contains("2 entries") && told.stdout.contains("invite mails: the mail server 127.0.0.1"),
        "{told}"
    );
    assert_eq!(estate.text(STATES), "waiting 2");
    let mailbox = Mailbox::start();
    poll(&estate, &mailbox, &[]).run().succeeds();
    assert_eq!(mailbox.letters().len(), 2);
}

#[test]
fn starttls_is_insisted_on_and_the_login_goes_inside_it() {
    let (soap, mailbox) = (Soap::start(), Mailbox::with_tls());
    let estate = Estate::simple(&soap);
    soap.has_people("PROP-700", 1, 2);
    let run =
        || poll(&estate, &mailbox, &[]).env("HOOKYARD_SMTP_URL", &mailbox.tls_url("user:canary-secret"));
    let told = run().run().exits(4);
    assert!(
        told.stdout.contains("invite mails: the mail server localhost"),
        "a stranger's certificate\n{told}"
    );
    assert!(!told.all().contains("canary"), "{told}");
    let told = run().env("HOOKYARD_CA_FILE", &mailbox.authority().display().to_string()).run().succeeds();
    assert!(told.stdout.contains("invite mails: 1 sent\n"), "{told}");
    assert_eq!(mailbox.secured().1, 1);
    let plain = Mailbox::start();
    let estate = Estate::simple(&soap);
    let told = poll(&estate, &plain, &[])
        .env("HOOKYARD_SMTP_URL", &plain.url().replace("?tls=none", ""))
        .run()
        .exits(4);
    assert!(told.stdout.contains("does not offer STARTTLS"), "{told}");
    assert_eq!(plain.letters().len(), 0);
}

#[test]
fn half_a_configuration_is_an_error_before_anything_is_asked() {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    let (from, link) =
        (("HOOKYARD_MAIL_FROM", "a@b.example"), ("HOOKYARD_INVITE_URL", "https://a.example/{entry_id}"));
    let table: [(&[(&str, &str)], &str); 5] = [
        (&[link], "there is no sender"),
        (&[from], "there is no link to put into them"),
        (&[from, ("HOOKYARD_INVITE_URL", "https://a.example/")], "has neither {entry_id} nor {short_id}"),
        (&[("HOOKYARD_MAIL_FROM", "a@b.example, c@d.example"), link], "is not one mail address"),
        (
            &[from, link, ("HOOKYARD_SMTP_URL", "smtp://u:canary@h?tls=none")],
            "would send a password in the clear",
        ),
    ];
    for (variables, why) in table {
        let run = estate.poll(&[]).env("HOOKYARD_SMTP_URL", "smtp://127.0.0.1:9?tls=none");
        let told = variables.iter().fold(run, |run, (name, value)| run.env(name, value)).run().exits(4);
        assert!(told.stderr.contains(why) && !told.all().contains("canary"), "{why}\n{told}");
    }
    assert_eq!(soap.count(), 0);
}
