// SPDX-License-Identifier: AGPL-3.0-or-later
//! Exact amounts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What is counted: an ISO 4217 currency, or one of `KWH`, `GBM` (a gigabyte for a month), `GB`, `HOUR`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Commodity(String);

/// Why a text is no amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Not a known word.
    #[error("use a currency in three capital letters, like EUR, or one of KWH, GBM, GB, HOUR")]
    Commodity,
    /// Not a decimal number.
    #[error("must be a number like 12 or 12.50")]
    Number,
    /// More digits than the smallest unit.
    #[error("may have at most {0} digits after the point")]
    TooFine(u32),
    /// Too many digits.
    #[error("is too large")]
    TooLarge,
}

impl Commodity {
    /// Energy.
    pub fn energy() -> Self {
        Self("KWH".into())
    }

    /// A gigabyte (10^9 bytes) kept for 30 days.
    pub fn disk() -> Self {
        Self("GBM".into())
    }

    /// A gigabyte carried.
    pub fn traffic() -> Self {
        Self("GB".into())
    }

    /// Work.
    pub fn hours() -> Self {
        Self("HOUR".into())
    }

    /// Its word.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is money.
    pub fn is_money(&self) -> bool {
        !matches!(self.0.as_str(), "KWH" | "GBM" | "GB" | "HOUR")
    }

    /// Digits of the smallest unit. Currencies: ISO 4217, column "minor unit".
    pub fn digits(&self) -> u32 {
        match self.0.as_str() {
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND"
            | "VUV" | "XAF" | "XOF" | "XPF" => 0,
            "KWH" | "GBM" | "GB" | "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            _ => 2,
        }
    }
}

impl FromStr for Commodity {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        let known = matches!(text, "KWH" | "GBM" | "GB" | "HOUR");
        let currency = text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase());
        (known || currency)
            .then(|| Self(text.to_owned()))
            .ok_or(AmountError::Commodity)
    }
}

impl TryFrom<String> for Commodity {
    type Error = AmountError;

    fn try_from(text: String) -> Result<Self, AmountError> {
        text.parse()
    }
}

impl From<Commodity> for String {
    fn from(commodity: Commodity) -> Self {
        commodity.0
    }
}

impl fmt::Display for Commodity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// So much of something. In JSON `{"amount": "12.50", "commodity": "EUR"}`: a decimal text, never a binary fraction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Amount {
    /// Smallest units.
    pub units: i64,
    /// Of what.
    pub commodity: Commodity,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Written {
    /// A decimal number.
    amount: String,
    /// A currency (ISO 4217), `KWH`, `GBM`, `GB` or `HOUR`.
    commodity: String,
}

impl JsonSchema for Amount {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Written::json_schema(generator)
    }
}

impl TryFrom<Written> for Amount {
    type Error = AmountError;

    fn try_from(written: Written) -> Result<Self, AmountError> {
        Self::parse(&written.amount, written.commodity.parse()?)
    }
}

impl From<Amount> for Written {
    fn from(amount: Amount) -> Self {
        Self {
            amount: amount.number(),
            commodity: amount.commodity.0,
        }
    }
}

impl Amount {
    /// Reads a decimal number exactly; a comma is as good as a point.
    ///
    /// # Errors
    /// When it is none, is finer than the smallest unit, or too large.
    pub fn parse(text: &str, commodity: Commodity) -> Result<Self, AmountError> {
        let text = text.trim().replace(',', ".");
        let (negative, plain) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.as_str()),
        };
        let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) || plain.ends_with('.') {
            return Err(AmountError::Number);
        }
        let fine = commodity.digits() as usize;
        let kept = fraction.trim_end_matches('0');
        if kept.len() > fine {
            return Err(AmountError::TooFine(commodity.digits()));
        }
        let all = format!("{whole}{kept:0<fine$}");
        let units: i64 = all.parse().map_err(|_| AmountError::TooLarge)?;
        Ok(Self {
            units: if negative { -units } else { units },
            commodity,
        })
    }

    /// The decimal number, with all digits of its smallest unit: `-12.50`.
    pub fn number(&self) -> String {
        let digits = self.commodity.digits() as usize;
        let sign = if self.units < 0 { "-" } else { "" };
        let all = format!("{:0>width$}", self.units.unsigned_abs(), width = digits + 1);
        let (whole, fraction) = all.split_at(all.len() - digits);
        if digits == 0 {
            format!("{sign}{whole}")
        } else {
            format!("{sign}{whole}.{fraction}")
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number(), self.commodity)
    }
}
