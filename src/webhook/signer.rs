//! The secrets of endpoints as keys: decrypted at the edge, once for each secret.
//!
//! What cannot be decrypted is a fault of configuration, never a reason to sign with less: all of an endpoint's active
//! secrets sign, or nothing is sent.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use uuid::Uuid;

use super::delivery::Sealed;
use crate::context::Context;
use crate::failure::Failure;
use crate::signature;

/// A key for each secret of an endpoint, or why there is none.
pub type Keys = Result<Vec<Rc<[u8]>>, String>;

/// Secrets kept decrypted.
const KEPT: usize = 16_384;

pub struct Signer<'a> {
    context: &'a Context,
    keys: RefCell<HashMap<Uuid, Rc<[u8]>>>,
    /// The key ring cannot be read: said once, and the same for every secret.
    away: OnceCell<String>,
}

impl<'a> Signer<'a> {
    pub fn new(context: &'a Context) -> Signer<'a> {
        Signer { context, keys: RefCell::default(), away: OnceCell::new() }
    }

    /// A key for each secret, in their order.
    pub fn keys(&self, secrets: &[Sealed]) -> Keys {
        secrets.iter().map(|sealed| self.key(sealed)).collect()
    }

    fn key(&self, sealed: &Sealed) -> Result<Rc<[u8]>, String> {
        if let Some(key) = self.keys.borrow().get(&sealed.id) {
            return Ok(Rc::clone(key));
        }
        let key: Rc<[u8]> =
            self.open(sealed).map_err(|why| format!("signing secret {}: {why}", sealed.id))?.into();
        let mut keys = self.keys.borrow_mut();
        if keys.len() >= KEPT {
            keys.clear();
        }
        keys.insert(sealed.id, Rc::clone(&key));
        Ok(key)
    }

    fn open(&self, sealed: &Sealed) -> Result<Vec<u8>, String> {
        if let Some(why) = self.away.get() {
            return Err(why.clone());
        }
        let ring = match self.context.keys() {
            Ok(ring) => ring,
            Err(failure) => return Err(self.away.get_or_init(|| format!("{:#}", failure.source)).clone()),
        };
        let secret = ring.decrypt(&sealed.bytes).map_err(|why| why.to_string())?;
        signature::standard_key(secret.reveal()).map_err(|refusal| refusal.detail)
    }
}

/// Refuse to begin where secrets are to be signed with and no key is there at all: a run that lost its environment
/// would send every delivery of those endpoints to its grave.
pub fn require_keys(context: &Context) -> Result<(), Failure> {
    let doing = "endpoints have signing secrets, which cannot be decrypted";
    let ring = context.keys().map_err(|why| why.context(doing))?;
    match ring.tag() {
        Some(_) => Ok(()),
        None => Err(Failure::from(crate::cloak::Trouble::NoKey).context(doing)),
    }
}
