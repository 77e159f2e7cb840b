//! Networks as they are typed: `10.0.0.7`, or `10.0.0.7,metered=500MB`.

use std::net::IpAddr;

use golive::{ByteCount, Via};

/// What a person typed is not a network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ViaError {
    /// No address.
    #[error("`{0}` is not an address that this device could have: write one such as 192.168.1.7")]
    Address(String),
    /// No such option.
    #[error("`{0}` is not known of a network: write ADDRESS,metered=SIZE")]
    Option(String),
    /// No size.
    #[error("`{0}` is not an amount of data: write a number and its unit, such as 500MB or 2GB")]
    Size(String),
}

/// Beyond this an amount of data is a mistake.
const MOST_BYTES: f64 = 1e15;

/// Reads a network.
pub(crate) fn via(text: &str) -> Result<Via, ViaError> {
    let (address, options) = text.split_once(',').map_or((text, None), |(a, o)| (a, Some(o)));
    let parsed = address.parse::<IpAddr>().ok().filter(|address| !address.is_unspecified());
    let via = Via::new(parsed.ok_or_else(|| ViaError::Address(address.to_owned()))?);
    match options.map(|options| (options, options.strip_prefix("metered="))) {
        None => Ok(via),
        Some((_, Some(size))) => Ok(via.metered(byte_count(size)?)),
        Some((options, None)) => Err(ViaError::Option(options.to_owned())),
    }
}

fn byte_count(text: &str) -> Result<ByteCount, ViaError> {
    let error = || ViaError::Size(text.to_owned());
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(error)?;
    let (number, unit) = text.split_at(digits);
    let unit = match unit {
        "kB" | "k" => 1e3,
        "MB" | "M" => 1e6,
        "GB" | "G" => 1e9,
        _ => return Err(error()),
    };
    let bytes = number.parse::<f64>().map_err(|_| error())? * unit;
    if (1.0..=MOST_BYTES).contains(&bytes) {
        Ok(ByteCount::new(bytes as u64))
    } else {
        Err(error())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_an_address_and_what_it_may_cost() {
        let address = "10.0.0.7".parse().unwrap();
        assert_eq!(via("10.0.0.7"), Ok(Via::new(address)));
        let metered = Via::new(address).metered(ByteCount::new(500_000_000));
        assert_eq!(via("10.0.0.7,metered=500MB"), Ok(metered));
        assert_eq!(via("10.0.0.7,metered=0.5G"), Ok(metered));
        assert_eq!(via("fe80::1"), Ok(Via::new("fe80::1".parse().unwrap())));
        for text in ["", "wlan0", "0.0.0.0", "10.0.0", "10.0.0.7:80", "::"] {
            assert!(matches!(via(text), Err(ViaError::Address(_))), "{text}");
        }
        for text in ["10.0.0.7,", "10.0.0.7,free", "10.0.0.7,cost=1GB"] {
            assert!(matches!(via(text), Err(ViaError::Option(_))), "{text}");
        }
        for size in ["", "500", "MB", "0MB", "-1MB", "1TB", "1e3MB"] {
            let text = format!("10.0.0.7,metered={size}");
            assert!(matches!(via(&text), Err(ViaError::Size(_))), "{text}");
        }
    }
}
