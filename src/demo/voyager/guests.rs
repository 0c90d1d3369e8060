//! Who lives there, as each profile tells it.

use super::request::escaped;

#[derive(Clone, Debug, Default)]
pub struct Person {
    pub code: String,
    pub tenant: String,
    pub kind: String,
    pub first_name: String,
    pub last_name: String,
    pub email: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct Event {
    pub kind: String,
    pub date: String,
    pub comments: String,
}

#[derive(Clone, Debug, Default)]
pub struct Household {
    pub people: Vec<Person>,
    pub events: Vec<Event>,
}

impl Person {
    pub fn new(code: &str, kind: &str, first_name: &str, last_name: &str, email: &str) -> Person {
        Person {
            code: code.into(),
            kind: kind.into(),
            first_name: first_name.into(),
            last_name: last_name.into(),
            email: Some(email.into()),
            ..Person::default()
        }
    }
}

impl Household {
    pub fn of(people: Vec<Person>) -> Household {
        let event =
            Event { kind: "WalkIn".into(), date: "2025-01-15T09:41:00.0".into(), comments: "toured".into() };
        Household { people, events: vec![event] }
    }

    pub fn has(&self, code: &str) -> bool {
        self.people.iter().any(|person| person.code == code || person.tenant == code)
    }

    /// A `Prospect` of MITS `LeadManagement`.
    pub fn mits(&self, property: &str) -> String {
        let people: String = self.people.iter().map(|person| person.mits(property)).collect();
        let events: String = self.events.iter().map(Event::mits).collect();
        let events = if events.is_empty() { String::new() } else { format!("<Events>{events}</Events>") };
        format!(
            "<Prospect><Customers>{people}</Customers><CustomerPreferences><TargetMoveInDate>2118-02-01</TargetMoveInDate></CustomerPreferences>{events}</Prospect>"
        )
    }

    /// One row for each person.
    pub fn rows(&self, property: &str) -> String {
        self.people.iter().map(|person| person.row(property)).collect()
    }
}

impl Person {
    fn mits(&self, property: &str) -> String {
        let id = |kind: &str, value: &str| {
            format!(
                "<Identification IDType=\"{kind}\" IDValue=\"{}\" OrganizationName=\"Yardi\"/>",
                escaped(value)
            )
        };
        let email = self.email.as_deref().map(|email| format!("<Email>{}</Email>", escaped(email)));
        format!(
            "<Customer Type=\"{}\">{}{}{}<Name><NamePrefix/><FirstName>{}</FirstName><MiddleName/><LastName>{}</LastName></Name><Phone PhoneType=\"cell\"><PhoneNumber>5550100</PhoneNumber></Phone>{}</Customer>",
            escaped(&self.kind),
            id("ProspectID", &self.code),
            id("TenantID", &self.tenant),
            id("PropertyID", property),
            escaped(&self.first_name),
            escaped(&self.last_name),
            email.unwrap_or_default(),
        )
    }

    fn row(&self, property: &str) -> String {
        let email = self.email.as_deref().map(|email| format!("<Email>{}</Email>", escaped(email)));
        format!(
            "<Prospect><ProspectCode>{}</ProspectCode><PropertyCode>{}</PropertyCode><FirstName>{}</FirstName><LastName>{}</LastName>{}</Prospect>",
            escaped(&self.code),
            escaped(property),
            escaped(&self.first_name),
            escaped(&self.last_name),
            email.unwrap_or_default(),
        )
    }
}

impl Event {
    fn mits(&self) -> String {
        format!(
            "<Event EventType=\"{}\" EventDate=\"{}\"><EventID IDValue=\"9001\"/><Agent><AgentName><FirstName>Lee</FirstName><LastName>Park</LastName></AgentName></Agent><EventReasons/><FirstContact>true</FirstContact><Comments>{}</Comments><TransactionSource>Website</TransactionSource></Event>",
            escaped(&self.kind),
            escaped(&self.date),
            escaped(&self.comments)
        )
    }
}
