//! Words that may have been meant.

/// At most three of the known words, the nearest first; all when none is near.
pub fn near<'a>(typed: &str, known: &[&'a str]) -> Vec<&'a str> {
    let plain = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let wanted = plain(typed);
    let mut ranked: Vec<(usize, &str)> = known
        .iter()
        .map(|word| {
            let (word, text) = (*word, plain(word));
            let inside = !wanted.is_empty() && (text.contains(&wanted) || text.ends_with(&wanted));
            (if inside { 1 } else { distance(&wanted, &text) }, word)
        })
        .filter(|(distance, _)| *distance <= 1 + wanted.len() / 4)
        .collect();
    ranked.sort_by_key(|(distance, _)| *distance);
    match ranked.is_empty() {
        true => known.to_vec(),
        false => ranked.into_iter().take(3).map(|(_, word)| word).collect(),
    }
}

/// Letters to add, drop or change.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (at, from) in a.chars().take(64).enumerate() {
        let mut corner = row[0];
        row[0] = at + 1;
        for (place, to) in b.iter().enumerate() {
            let changed = corner + usize::from(from != *to);
            corner = row[place + 1];
            row[place + 1] = changed.min(corner + 1).min(row[place] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_comes_first() {
        let known = ["screening.completed", "screening.failed", "form.opened"];
        assert_eq!(near("screening.complete", &known), ["screening.completed"]);
        assert_eq!(near("FAILED", &known), ["screening.failed"]);
        assert_eq!(near("xyz", &known), known);
        assert_eq!(near("", &known), known);
    }
}
