//! The outbox emptied, after the commits: one letter at a time, each marked before it leaves. A letter whose answer is
//! lost is unknown and stays so until a person looks.

use std::time::Duration;

use super::super::letter::{self, Invite};
use super::super::store::{self, Fate, MailRow};
use super::Run;
use super::told::Tally;
use crate::context::Context;
use crate::db::Db;
use crate::env;
use crate::failure::Failure;
use crate::mail::{Came, Letter, Mailer, Session};
use crate::stop::Stop;

/// Longer than a letter may take.
const LEASE: Duration = Duration::from_secs(180);
/// After the first try, the second, and so on; then a person must look.
const PAUSES: [u64; 7] = [60, 300, 900, 3600, 3600, 14_400, 43_200];

/// None where invites are not mailed. Half a configuration is an error before anything is asked.
pub fn mailer(context: &Context) -> Result<Option<Mailer>, Failure> {
    let settings = &context.settings;
    let Some(url) = &settings.smtp_url else { return Ok(None) };
    let from = settings.mail_from.as_ref().ok_or_else(|| {
        Failure::blocked("invites are to be mailed, and there is no sender")
            .hint(format!("set {} or `from` in [mail]", env::MAIL_FROM))
    })?;
    let own = settings.yardi.sections.values().filter_map(|section| section.invite_url.as_ref());
    let templates: Vec<&String> = settings.invite_url.iter().map(|set| &set.value).chain(own).collect();
    if templates.is_empty() {
        return Err(Failure::blocked("invites are to be mailed, and there is no link to put into them")
            .hint(format!(
                "set {} or `invite_url` in [yardi], with {{entry_id}} or {{short_id}}",
                env::INVITE_URL
            )));
    }
    for template in templates {
        letter::check_template(template)
            .map_err(|why| Failure::blocked(format!("invite_url `{template}` {why}")))?;
    }
    let reply_to = settings.mail_reply_to.as_ref().map(|set| set.value.as_str());
    let ca_file = settings.ca_file.as_ref().map(|set| set.value.as_path());
    Mailer::new(&url.value, &from.value, reply_to, ca_file, &context.host()).map(Some)
}

pub async fn send(run: &Run<'_>, mailer: &Mailer, tally: &mut Tally, stop: &mut Stop) -> Result<(), Failure> {
    let db = run.context.db().await?;
    tally.mails.lost = store::settle_lost_mails(db).await?;
    let mut session: Option<Session<'_>> = None;
    while stop.signal().is_none() {
        if store::count_mails(db).await?.due == 0 {
            break;
        }
        let open = match session.take() {
            Some(open) if !open.is_broken() => open,
            _ => match mailer.open().await {
                Ok(open) => open,
                Err(why) => {
                    tally.mails.unreachable = Some(why);
                    break;
                }
            },
        };
        let open = session.insert(open);
        let Some(mail) = store::claim_mail(db, run.id, LEASE).await? else { break };
        // Not cut short by a signal: what became of this letter must be known.
        tokio::select! {
            biased;
            done = one(run, db, open, &mail, tally) => done?,
            () = async { stop.raised().await; std::future::pending().await } => {}
        }
    }
    if let Some(open) = session {
        open.close().await;
    }
    let outbox = store::count_mails(db).await?;
    tally.mails.waiting = usize::try_from(outbox.waiting).unwrap_or_default();
    Ok(())
}

async fn one(
    run: &Run<'_>,
    db: &Db,
    session: &mut Session<'_>,
    mail: &MailRow,
    tally: &mut Tally,
) -> Result<(), Failure> {
    let came = match written(run.context, mail) {
        Ok((subject, text, html)) => {
            let id = mail.id.to_string();
            let letter = Letter { id: &id, to: &mail.address, subject: &subject, text, html };
            session.send(&letter).await
        }
        Err(why) => Came::Refused { reason: why.to_owned(), again: false },
    };
    let tries = usize::try_from(mail.tries).unwrap_or(1).max(1);
    let fate = match &came {
        Came::Accepted(answer) => {
            tally.mails.sent += 1;
            Fate::Sent(answer)
        }
        Came::Unknown(why) => {
            tally.mails.unknown += 1;
            Fate::Unknown(why)
        }
        Came::Refused { reason, again: true } if tries <= PAUSES.len() => {
            tally.mails.put_off += 1;
            Fate::Later { reason, after: Duration::from_secs(PAUSES[tries - 1]) }
        }
        Came::Refused { reason, .. } => {
            tally.mails.refused += 1;
            Fate::Refused(reason)
        }
    };
    store::finish_mail(db, mail, &fate).await?;
    if let Came::Unknown(why) | Came::Refused { reason: why, .. } = &came {
        tally.mails.say(mail.entry_id, why);
    }
    Ok(())
}

fn written(context: &Context, mail: &MailRow) -> Result<(String, String, String), &'static str> {
    let section = context.settings.yardi.of(mail.integration.as_deref());
    let own = mail
        .integration
        .as_deref()
        .and_then(|name| context.settings.yardi.sections.get(name))
        .and_then(|section| section.invite_url.clone());
    let template = own
        .or_else(|| context.settings.invite_url.as_ref().map(|set| set.value.clone()))
        .or(section.invite_url)
        .ok_or("there is no invite_url for its integration")?;
    let link = letter::link(&template, &mail.entry_id.to_string(), mail.short_id.as_deref())
        .ok_or("invite_url needs a short_id, and the entry has none")?;
    let invite = Invite {
        first_name: mail.first_name.as_deref(),
        property: mail.property_name.as_deref(),
        message: mail.custom_message.as_deref(),
        link: &link,
    };
    let subject = letter::subject(&context.settings.mail_subject.value, mail.property_name.as_deref());
    Ok((subject, invite.text(), invite.html()))
}
