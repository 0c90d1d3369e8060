//! A Voyager on loopback: SOAP in both profiles, with a memory. What was written is there when it is read, and each
//! property can be told to misbehave in any way that has been seen (`answers.rs` lists them). The demo and the tests
//! share it; it knows nothing of hookyard's own code.

mod answers;
mod guests;
mod operations;
mod request;
mod socket;

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use guests::{Household, Person};
pub use request::Request;

/// The credentials it wants; it takes any where this is none.
#[derive(Clone)]
pub struct Credentials {
    pub user: String,
    pub password: String,
    pub server: String,
    pub database: String,
    pub entity: String,
    pub licence: String,
}

/// A document on a guest card, or in a tenant's ledger: it is found under the code it was filed under.
#[derive(Clone)]
pub struct Document {
    pub code: String,
    pub description: String,
    pub attachment: String,
}

#[derive(Default)]
struct State {
    credentials: Option<Credentials>,
    properties: HashMap<String, Vec<Household>>,
    documents: Vec<Document>,
    requests: Vec<Request>,
    /// By property; `*` holds for what names none. With how many requests it lasts.
    behaviours: HashMap<String, (String, usize)>,
    offset_minutes: i64,
    connections: usize,
}

pub struct Voyager {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Voyager {
    pub fn start() -> std::io::Result<Voyager> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let state = Arc::new(Mutex::new(State { offset_minutes: -360, ..State::default() }));
        let theirs = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&theirs);
                std::thread::spawn(move || socket::serve(stream, &state));
            }
        });
        Ok(Voyager { address, state })
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn require(&self, credentials: Credentials) {
        lock(&self.state).credentials = Some(credentials);
    }

    /// A household of a property, which exists from now on; an empty one only makes the property.
    pub fn add(&self, property: &str, household: Household) {
        let mut state = lock(&self.state);
        let households = state.properties.entry(property.to_owned()).or_default();
        if !household.people.is_empty() {
            households.push(household);
        }
    }

    /// A person signed the lease: another kind, and a tenant's code.
    pub fn moves_in(&self, property: &str, code: &str, tenant: &str) {
        let mut state = lock(&self.state);
        let households = state.properties.get_mut(property).into_iter().flatten();
        for person in households.flat_map(|household| &mut household.people) {
            if person.code == code {
                (person.kind, person.tenant) = ("current_resident".to_owned(), tenant.to_owned());
            }
        }
    }

    /// From now on, whatever is asked of this property is answered like this; `ok` takes it back.
    pub fn behave(&self, property: &str, behaviour: &str) {
        self.behave_for(property, behaviour, usize::MAX);
    }

    /// The same, for so many requests.
    pub fn behave_for(&self, property: &str, behaviour: &str, requests: usize) {
        lock(&self.state).behaviours.insert(property.to_owned(), (behaviour.to_owned(), requests));
    }

    /// Its local time less UTC.
    pub fn set_offset(&self, minutes: i64) {
        lock(&self.state).offset_minutes = minutes;
    }

    /// Every request so far, in order.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.state).requests.clone()
    }

    /// The requests for one operation.
    pub fn asked(&self, operation: &str) -> Vec<Request> {
        self.requests().into_iter().filter(|request| request.operation == operation).collect()
    }

    pub fn connections(&self) -> usize {
        lock(&self.state).connections
    }

    /// The comments on all cards of a property that hold this text.
    pub fn notes(&self, property: &str, text: &str) -> Vec<String> {
        let state = lock(&self.state);
        let events =
            state.properties.get(property).into_iter().flatten().flat_map(|household| &household.events);
        events.map(|event| event.comments.clone()).filter(|comments| comments.contains(text)).collect()
    }

    pub fn documents(&self) -> Vec<Document> {
        lock(&self.state).documents.clone()
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
