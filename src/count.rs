//! A count of things: exact while it is short enough to write down, and always known as a power of ten.

use std::cmp::Ordering;
use std::fmt;
use std::iter::{Product, Sum};

use num_bigint::BigUint;

/// A count that may be far too long to write down.
#[derive(Clone, Debug)]
pub struct Count {
    log10: f64,
    exact: Option<BigUint>,
}

impl Count {
    /// How many digits a count may have to be kept exactly.
    pub const EXACT_DIGITS: usize = 40;

    /// None at all.
    pub const ZERO: Count = Count { log10: f64::NEG_INFINITY, exact: Some(BigUint::ZERO) };

    /// The power of ten: minus infinity for a count of zero.
    #[must_use]
    pub fn log10(&self) -> f64 {
        self.log10
    }

    /// All digits, if there are at most [`Count::EXACT_DIGITS`].
    #[must_use]
    pub fn exact(&self) -> Option<&BigUint> {
        self.exact.as_ref()
    }

    /// In how many ways `chosen` things can be chosen from `all`.
    pub(crate) fn binomial(all: u64, chosen: u64) -> Count {
        let ways = (0..chosen).map(|place| (all.saturating_sub(place), place + 1));
        let log10 = ways.clone().map(|(of, by)| (of as f64 / by as f64).log10()).sum();
        // Each partial product is itself a binomial coefficient, so the division is exact.
        let exact = fits(log10)
            .then(|| ways.fold(BigUint::from(1_u8), |product, (of, by)| product * of / by));
        Count::kept(log10, exact)
    }

    /// In how many orders this many things can stand.
    pub(crate) fn factorial(all: u64) -> Count {
        let log10 = (1..=all).map(|number| (number as f64).log10()).sum();
        let exact = fits(log10).then(|| (1..=all).map(BigUint::from).product());
        Count::kept(log10, exact)
    }

    /// This count raised to that power.
    #[must_use]
    pub fn pow(&self, exponent: u128) -> Count {
        if exponent == 0 {
            return Count::from(1);
        }
        let log10 = self.log10 * exponent as f64;
        let exact = self.exact.as_ref().filter(|_| fits(log10));
        let power = |base: &BigUint| {
            let exponent = u32::try_from(exponent).ok()?;
            // Most powers fit into 128 bits.
            let short = u128::try_from(base).ok().and_then(|base| base.checked_pow(exponent));
            Some(short.map_or_else(|| base.pow(exponent), BigUint::from))
        };
        Count::kept(log10, exact.and_then(power))
    }

    /// Keeps the exact value only while it is short. (The power of ten says how long it is, unless that is too close
    /// to the limit to tell.)
    fn kept(log10: f64, exact: Option<BigUint>) -> Count {
        let is_short = |exact: &BigUint| match log10 - Count::EXACT_DIGITS as f64 {
            ..-0.01 => true,
            0.01.. => false,
            _ => exact.to_string().len() <= Count::EXACT_DIGITS,
        };
        Count { log10, exact: exact.filter(is_short) }
    }
}

/// The default is zero. Exact counts are compared exactly, others by their powers of ten.
impl Default for Count {
    fn default() -> Count {
        Count::ZERO
    }
}

impl PartialOrd for Count {
    fn partial_cmp(&self, other: &Count) -> Option<Ordering> {
        match (&self.exact, &other.exact) {
            (Some(one), Some(other)) => Some(one.cmp(other)),
            _ => self.log10.partial_cmp(&other.log10),
        }
    }
}

impl PartialEq for Count {
    fn eq(&self, other: &Count) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

/// Whether a number of this size may have few enough digits, with one digit of tolerance.
fn fits(log10: f64) -> bool {
    log10 < (Count::EXACT_DIGITS + 1) as f64
}

impl From<u64> for Count {
    fn from(count: u64) -> Count {
        Count { log10: (count as f64).log10(), exact: Some(count.into()) }
    }
}

impl Product for Count {
    fn product<I: Iterator<Item = Count>>(counts: I) -> Count {
        counts.fold(Count::from(1), |one, other| {
            let log10 = one.log10 + other.log10;
            let exact = one.exact.zip(other.exact).filter(|_| fits(log10) || log10.is_nan());
            Count::kept(log10, exact.map(|(one, other)| one * other))
        })
    }
}

impl Sum for Count {
    fn sum<I: Iterator<Item = Count>>(counts: I) -> Count {
        counts.fold(Count::ZERO, |one, other| {
            let (low, high) = (one.log10.min(other.log10), one.log10.max(other.log10));
            let log10 = if low == f64::NEG_INFINITY {
                high
            } else {
                high + 10_f64.powf(low - high).ln_1p() / std::f64::consts::LN_10
            };
            Count::kept(log10, one.exact.zip(other.exact).map(|(one, other)| one + other))
        })
    }
}

/// All digits, in groups of three, or a power of ten.
impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.exact {
            Some(exact) => f.write_str(&grouped(&exact.to_string())),
            None => write!(f, "10^{:.1}", self.log10),
        }
    }
}

/// Digits in groups of three: 1,234,567.
pub(crate) fn grouped(digits: &str) -> String {
    let lead = digits.len() % 3;
    let separated = digits.char_indices().flat_map(|(place, digit)| {
        let comma = place > 0 && place % 3 == lead;
        comma.then_some(',').into_iter().chain([digit])
    });
    separated.collect()
}

/// "1 round", "2 rounds".
pub(crate) fn many(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(&count.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_counts_are_exact() {
        let sum: Count = [8, 24].map(Count::from).into_iter().sum();
        assert_eq!(sum.to_string(), "32");
        let product: Count = [3, 0, 1000].map(Count::from).into_iter().product();
        assert_eq!(product.exact(), Some(&BigUint::ZERO));
        assert_eq!(Count::from(2).pow(20).to_string(), "1,048,576");
        assert_eq!(Count::from(7).pow(0), Count::from(1));
        let binomials = [(5, 0), (5, 2), (5, 5), (5, 6), (40, 20)];
        let binomials = binomials.map(|(all, chosen)| Count::binomial(all, chosen));
        assert_eq!(binomials, [1, 10, 1, 0, 137_846_528_820].map(Count::from));
        // The sums of the factors' logarithms are not quite equal.
        let [product, other] = [[7, 11, 13], [143, 7, 1]].map(|factors| factors.map(Count::from));
        assert_eq!(product.into_iter().product::<Count>(), other.into_iter().product());
    }

    #[test]
    fn long_counts_are_powers_of_ten() {
        let digits = |count: &Count| count.exact().map(|exact| exact.to_string().len());
        assert_eq!(digits(&Count::from(10).pow(39)), Some(40));
        assert_eq!(digits(&Count::from(10).pow(40)), None);
        let sum = |counts: [Count; 2]| counts.into_iter().sum::<Count>();
        let [half, less] = [5, 4].map(|head| {
            [Count::from(head), Count::from(10).pow(39)].into_iter().product::<Count>()
        });
        assert_eq!(digits(&sum([half.clone(), less])), Some(40));
        assert_eq!(digits(&sum([half.clone(), half])), None);
        assert_eq!(Count::binomial(1 << 20, 1 << 9).to_string(), "10^1916.0");
        assert_eq!([0, 1, 5].map(Count::factorial), [1, 1, 120].map(Count::from));
        assert_eq!(Count::factorial(1000).to_string(), "10^2567.6");
        let huge = Count::from(2).pow(1_000_000);
        assert_eq!(huge.to_string(), "10^301030.0");
        let twice: Count = [huge.clone(), huge].into_iter().sum();
        assert_eq!(twice.to_string(), "10^301030.3");
    }

    #[test]
    fn digits_are_grouped() {
        for (digits, expected) in
            [("1", "1"), ("123", "123"), ("1234", "1,234"), ("123456", "123,456")]
        {
            assert_eq!(grouped(digits), expected);
        }
    }
}
