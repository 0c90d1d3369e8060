//! Ids and jitter from one seedable source.

use std::cell::RefCell;

use ring::rand::SecureRandom;
use uuid::Uuid;

use crate::clock::Micros;
use crate::failure::Failure;

/// The operating system's.
pub fn secure() -> ring::rand::SystemRandom {
    ring::rand::SystemRandom::new()
}

/// Bytes that nobody can guess: initialisation vectors, secrets.
pub fn bytes<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    secure().fill(&mut bytes).map_err(|_| Failure::fault("the operating system gives no random bytes"))?;
    Ok(bytes)
}

/// A small generator (splitmix64): good enough to spread retries and to keep ids apart, and repeatable from a seed.
pub struct Random(RefCell<u64>);

impl Random {
    pub fn seeded(seed: u64) -> Self {
        Random(RefCell::new(seed))
    }

    /// Seeded by the operating system.
    pub fn fresh() -> Self {
        let mut seed = [0_u8; 8];
        let filled = std::fs::File::open("/dev/urandom")
            .and_then(|mut f| std::io::Read::read_exact(&mut f, &mut seed));
        if filled.is_err() {
            let at = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
            seed = (at.as_nanos() as u64 ^ (u64::from(std::process::id()) << 32)).to_le_bytes();
        }
        Random::seeded(u64::from_le_bytes(seed))
    }

    pub fn next(&self) -> u64 {
        let mut state = self.0.borrow_mut();
        *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// In [0, 1).
    pub fn unit(&self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A version 7 id: sorted by time, so that new rows stand together in an index.
    pub fn id(&self, now: Micros) -> Uuid {
        let millis = u64::try_from(now / 1000).unwrap_or_default();
        let mut bytes = [0_u8; 16];
        bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
        bytes[6..14].copy_from_slice(&self.next().to_be_bytes());
        bytes[14..].copy_from_slice(&self.next().to_be_bytes()[..2]);
        bytes[6] = 0x70 | (bytes[6] & 0x0F);
        bytes[8] = 0x80 | (bytes[8] & 0x3F);
        Uuid::from_bytes(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_itself_and_ids_sort_by_time() {
        let (a, b) = (Random::seeded(7), Random::seeded(7));
        assert_eq!(a.next(), b.next());
        let ids: Vec<Uuid> = (1..100).map(|n| a.id(n * 1_000_000)).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(ids[0].get_version_num(), 7);
        assert!((0..1000).all(|_| (0.0..1.0).contains(&a.unit())));
    }
}
