//! The dialect of the integration layer's document: `GetNewProspects` and `UpdateProspectScreening`.

use super::client::{Call, Client};
use super::{Accepted, Answer, WriteTrouble};
use crate::yardi::answer::{Lists, Rows};
use crate::yardi::envelope::Writer;
use crate::yardi::screening::Screening;
use crate::yardi::trouble::{Class, Trouble};
use crate::yardi::window::{self, Window};

/// Where neither configuration nor a WSDL names one.
const NAMESPACE: &str = "urn:hookyard:conceptual";

pub async fn poll(client: &Client, property: &str, window: Window) -> Result<Answer, Trouble> {
    let (mut writer, namespace) = begin(client, "GetNewProspects");
    writer.value("PropertyCode", property);
    writer.value("StartDate", &window::utc(window.from));
    let call = call(client, "GetNewProspects", namespace, writer);
    let heard = client.read(&call, Rows::default).await?;
    let proven_empty = client.judge(&heard.told, call.operation)?;
    let mut answer = Answer {
        prospects: heard.harvest.prospects,
        replaced_characters: heard.told.replaced,
        proven_empty,
        ..Answer::default()
    };
    for flaw in heard.harvest.left_out {
        *answer.left_out.entry(flaw).or_default() += 1;
    }
    Ok(answer)
}

/// Sets fields and adds nothing: the same values may be sent again.
pub async fn submit(client: &Client, screening: &Screening) -> Result<Accepted, WriteTrouble> {
    let options = &client.account().options;
    let operation = if options.update_prospect { "UpdateProspect" } else { "UpdateProspectScreening" };
    let (mut writer, namespace) = begin(client, operation);
    writer.value("ProspectCode", &screening.prospect);
    writer.value("ScreeningStatus", &screening.status);
    writer.value("FraudResult", &screening.fraud);
    writer.value("IncomeResult", &screening.income);
    if let Some(asset) = screening.asset.as_deref().filter(|_| options.asset_result) {
        writer.value("AssetResult", asset);
    }
    writer.value("ReportURL", screening.report_url.reveal());
    let call = call(client, operation, namespace, writer);
    let heard = client.write(&call, Lists::default()).await?;
    client.judge(&heard.told, operation).map_err(WriteTrouble::of_answer)?;
    let text = heard.told.text.trim();
    if text.eq_ignore_ascii_case("false") || text.to_ascii_lowercase().starts_with("error") {
        return Err(WriteTrouble::Refused(client.trouble(Class::Unknown, operation, text)));
    }
    Ok(Accepted { confirmed: false, already: false })
}

fn begin(client: &Client, operation: &'static str) -> (Writer, String) {
    let account = client.account();
    let namespace = account.namespace.clone().unwrap_or_else(|| NAMESPACE.to_owned());
    let mut writer = Writer::begin(operation, &namespace, account.options.soap12);
    writer.value("UserName", &account.user);
    writer.value("Password", account.password.reveal());
    writer.value("ServerName", &account.server);
    writer.value("Database", &account.database);
    writer.value("Platform", &account.platform);
    (writer, namespace)
}

fn call(client: &Client, operation: &'static str, namespace: String, writer: Writer) -> Call {
    Call { url: client.account().endpoint.clone(), operation, namespace, envelope: writer.finish() }
}
