//! Which addresses are public, which carry another address inside, and which nothing opens.
//!
//! Ranges are those of the IANA special-purpose registries. IPv4 is handed out in full, so what is special is
//! listed; of IPv6 only 2000::/3 is handed out, so all else is refused unseen.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Rules;

/// May this address be dialled? The error says what the address is, to follow its name: "is loopback".
pub fn check_address(ip: IpAddr, rules: &Rules) -> Result<(), String> {
    if is_metadata(ip) {
        return Err("is a metadata service, which nothing can open".to_owned());
    }
    // Where the carried address stands depends on the network's own choice (RFC 6052), so it cannot be judged.
    if matches!(ip, IpAddr::V6(ip) if matches!(ip.segments(), [0x64, 0xff9b, 1, ..])) {
        return Err("is the local NAT64 form of an address that cannot be known".to_owned());
    }
    if let Some((carried, form)) = embedded(ip) {
        if is_metadata(carried.into()) {
            return Err(format!("is {form} of a metadata service, which nothing can open"));
        }
        // Opening such a form is meant only when the form and what it carries are both opened by name.
        return match rules.allows(ip) && check_address(carried.into(), rules).is_ok() {
            true => Ok(()),
            false => Err(format!("is {form} of {carried}")),
        };
    }
    match special(ip) {
        Some(what) if !rules.allows(ip) => Err(format!("is {what}")),
        _ => Ok(()),
    }
}

/// Services that hand credentials to whoever can reach them. Azure's stands on a public address.
fn is_metadata(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => matches!(
            ip.octets(),
            [169, 254, 169, 254]
                | [169, 254, 170, 2 | 23]
                | [100, 100, 100, 200]
                | [192, 0, 0, 192]
                | [168, 63, 129, 16]
        ),
        IpAddr::V6(ip) => matches!(
            ip.segments(),
            [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254 | 0x23] | [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254]
        ),
    }
}

/// An IPv4 address carried inside an IPv6 one: a gateway, or the kernel itself, would dial the inner address.
fn embedded(ip: IpAddr) -> Option<(Ipv4Addr, &'static str)> {
    let IpAddr::V6(ip) = ip else { return None };
    let octets = ip.octets();
    let at = |from: usize| Ipv4Addr::new(octets[from], octets[from + 1], octets[from + 2], octets[from + 3]);
    match ip.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0xffff, ..] => Some((at(12), "the IPv4-mapped form")),
        [0, 0, 0, 0, 0xffff, 0, ..] => Some((at(12), "the IPv4-translated form")),
        [0, 0, 0, 0, 0, 0, ..] => Some((at(12), "the IPv4-compatible form")),
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => Some((at(12), "the NAT64 form")),
        [0x2002, ..] => Some((at(2), "the 6to4 form")),
        [0x2001, 0, ..] => Some((Ipv4Addr::from(!u32::from(at(12))), "the Teredo form")),
        [_, _, _, _, 0 | 0x200, 0x5efe, ..] => Some((at(12), "the ISATAP form")),
        _ => None,
    }
}

/// What a range is for, when it is not the public internet.
fn special(ip: IpAddr) -> Option<&'static str> {
    match ip {
        IpAddr::V4(ip) => special_v4(ip),
        IpAddr::V6(ip) => special_v6(ip),
    }
}

fn special_v4(ip: Ipv4Addr) -> Option<&'static str> {
    Some(match ip.octets() {
        [0, ..] => "this host (0.0.0.0/8)",
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => "private",
        [100, 64..=127, ..] => "shared by a provider's customers (CGNAT)",
        [127, ..] => "loopback",
        [169, 254, ..] => "link-local",
        [192, 0, 0, _] => "reserved for protocols",
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => "for documentation",
        [192, 31, 196, _] | [192, 175, 48, _] => "a sink for stray DNS queries (AS112)",
        [192, 52, 193, _] | [192, 88, 99, _] => "a tunnel relay",
        [198, 18..=19, ..] => "for benchmarks",
        [224..=239, ..] => "multicast",
        [240..=255, ..] => "reserved",
        _ => return None,
    })
}

fn special_v6(ip: Ipv6Addr) -> Option<&'static str> {
    Some(match ip.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => "unspecified",
        [0, 0, 0, 0, 0, 0, 0, 1] => "loopback",
        [0xfe80..=0xfebf, ..] => "link-local",
        [0xfec0..=0xfeff, ..] => "site-local",
        [0xfc00..=0xfdff, ..] => "private (unique local)",
        [0xff00..=0xffff, ..] => "multicast",
        [0x2001, 0..=0x1ff, ..] => "reserved for protocols",
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => "for documentation",
        [0x2620, 0x4f, 0x8000, ..] => "a sink for stray DNS queries (AS112)",
        [0x2000..=0x3fff, ..] => return None,
        _ => "not public",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(allow: &[&str]) -> Rules {
        Rules { allow: allow.iter().map(|net| net.parse().expect("a network")).collect(), allow_http: false }
    }

    fn allowed(ip: &str, allow: &[&str]) -> bool {
        check_address(ip.parse().expect("an address"), &rules(allow)).is_ok()
    }

    #[test]
    fn ranges_end_where_the_registries_say() {
        let public = "1.1.1.1 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 \
             172.15.255.255 172.32.0.0 192.0.1.0 198.17.255.255 198.20.0.0 223.255.255.255 \
             2001:200::1 2606:4700:4700::1111 3ffe::1";
        let special = "0.1.2.3 10.255.255.255 100.64.0.0 100.127.255.255 127.255.255.255 169.254.0.1 \
             172.31.255.255 192.0.0.9 198.51.100.7 203.0.113.7 198.19.255.255 239.0.0.1 240.0.0.0 \
             :: ::1 ::2 ::ffff:1.1.1.1 64:ff9b::1.1.1.1 64:ff9b:1::1 100::1 2001:1ff::1 \
             2001:db8::1 2002:101:101::1 3fff::1 4000::1 5f00::1 fc00::1 fe80::1 fec0::1 ff02::1 \
             2606:4700::5efe:7f00:1";
        for ip in public.split_whitespace() {
            assert!(allowed(ip, &[]), "{ip}");
        }
        for ip in special.split_whitespace() {
            assert!(!allowed(ip, &[]), "{ip}");
        }
    }

    #[test]
    fn the_operator_opens_what_he_names_and_nothing_beside() {
        assert!(allowed("127.0.0.1", &["127.0.0.1/32"]));
        assert!(!allowed("127.0.0.2", &["127.0.0.1/32"]));
        assert!(!allowed("::1", &["127.0.0.1/32"]));
        assert!(allowed("::1", &["::1/128"]));
        assert!(allowed("10.2.3.4", &["10.0.0.0/8"]));
    }

    #[test]
    fn a_carried_address_needs_both_doors_open() {
        assert!(!allowed("::ffff:127.0.0.1", &["127.0.0.0/8"]));
        assert!(!allowed("::ffff:127.0.0.1", &["::/0"]));
        assert!(allowed("::ffff:127.0.0.1", &["::ffff:127.0.0.1/128", "127.0.0.0/8"]));
        assert!(allowed("64:ff9b::1.1.1.1", &["64:ff9b::/96"]));
        assert!(!allowed("64:ff9b::10.0.0.1", &["64:ff9b::/96"]));
    }

    #[test]
    fn nothing_opens_a_metadata_service() {
        let all = ["0.0.0.0/0", "::/0"];
        let addresses = "169.254.169.254 fd00:ec2::254 fd20:ce::254 100.100.100.200 168.63.129.16 \
             ::ffff:a9fe:a9fe ::a9fe:a9fe ::ffff:0:a9fe:a9fe 64:ff9b::a9fe:a9fe \
             64:ff9b:1::a9fe:a9fe 64:ff9b:1:a9fe:a9:fe00:: 2002:a9fe:a9fe::1 \
             2001:0:1:2:3:4:5601:5601 2606:4700::5efe:a9fe:a9fe";
        for ip in addresses.split_whitespace() {
            assert!(!allowed(ip, &all), "{ip}");
        }
        assert!(allowed("169.254.1.1", &all));
    }
}
