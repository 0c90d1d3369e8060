//! Ids as people type them: whole, or as much of the beginning as names one thing. Pure.

use uuid::Uuid;

/// An endpoint's id, where it has to be whole.
pub fn endpoint(text: &str) -> Result<Uuid, String> {
    Uuid::parse_str(text).map_err(|_| {
        let wrong = match beginning(text) {
            Some(_) => "only the beginning of an id, which has to be whole here",
            None => "not an endpoint's id, such as 0192f0c1-1111-7000-8000-000000000001",
        };
        format!("{wrong}: `hookyard webhook endpoints` lists them")
    })
}

/// The ids that begin like this, as a range; none where the text cannot begin an id.
pub fn beginning(text: &str) -> Option<(Uuid, Uuid)> {
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    let fits = (1..=32).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !fits || text.starts_with('-') {
        return None;
    }
    let bound = |filler: char| {
        let filled: String = digits.chars().chain(std::iter::repeat(filler)).take(32).collect();
        Uuid::parse_str(&filled).ok()
    };
    Some((bound('0')?, bound('f')?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_is_a_range_of_ids() {
        let range = |text| beginning(text).map(|(low, high)| (low.to_string(), high.to_string()));
        let whole = "0192f0c1-1111-7000-8000-000000000001";
        assert_eq!(range(whole), Some((whole.into(), whole.into())));
        assert_eq!(
            range("0192F0C1-1"),
            Some((
                "0192f0c1-1000-0000-0000-000000000000".into(),
                "0192f0c1-1fff-ffff-ffff-ffffffffffff".into()
            ))
        );
        for wrong in ["", "-", "SNAP-1", "0192' or '1'='1", "%", "0192f0c1-1111-7000-8000-0000000000011"] {
            assert_eq!(range(wrong), None, "{wrong}");
        }
    }
}
