// SPDX-License-Identifier: AGPL-3.0-or-later
//! Codes of an authenticator app: RFC 6238 with SHA-1, 6 digits and 30 seconds, which is what every such app knows.
//! Pure: the time is a parameter. The one primitive, HMAC, is ring's.

use super::secret;
use data_encoding::BASE32_NOPAD;
use ring::hmac;
use std::fmt;
use types::Timestamp;

/// Bytes of a secret: the length RFC 4226 (section 4, R6) recommends.
const LENGTH: usize = 20;
/// Seconds of a step.
const PERIOD: i64 = 30;
/// Steps before and after the present one whose codes are good: phones' clocks and people are not exact.
const TOLERANCE: i64 = 1;

/// What the board and a member's app share.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; LENGTH]);

impl Secret {
    /// A new one.
    pub fn random() -> Self {
        Self(secret::random())
    }

    /// Reads base 32, as it was shown: blanks, hyphens and small letters do not matter.
    pub fn parse(text: &str) -> Option<Self> {
        let plain: String = text
            .chars()
            .filter(|letter| !matches!(letter, ' ' | '-' | '='))
            .collect();
        let bytes = BASE32_NOPAD.decode(plain.to_ascii_uppercase().as_bytes()).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// What an app reads from a QR code (the "Key Uri Format" of Google Authenticator).
    pub fn uri(&self, board: &str, member: &str) -> String {
        let (board, member) = (super::gate::encode(board), super::gate::encode(member));
        format!(
            "otpauth://totp/{board}:{member}?secret={self}&issuer={board}&algorithm=SHA1&digits=6&period=30"
        )
    }

    /// The step whose code was typed, if it is newer than `last_step` and close to `now`.
    pub fn accepts(&self, typed: &str, now: Timestamp, last_step: i64) -> Option<i64> {
        let present = now.0.div_euclid(PERIOD);
        let steps = present - TOLERANCE..=present + TOLERANCE;
        // All are looked at, so that the time does not tell which it was.
        steps.fold(None, |found, step| {
            let right = secret::same(&self.code(step), typed) && step > last_step;
            if right { Some(step) } else { found }
        })
    }

    /// The code of the moment, for tests of whoever has the secret.
    pub fn code_at(&self, now: Timestamp) -> String {
        self.code(now.0.div_euclid(PERIOD))
    }

    fn code(&self, step: i64) -> String {
        format!("{:06}", self.number(step) % 1_000_000)
    }

    /// HOTP before it is cut to some digits (RFC 4226, section 5.3).
    fn number(&self, step: i64) -> u32 {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let bytes = tag.as_ref();
        let offset = usize::from(bytes.last().copied().unwrap_or_default() & 0xf);
        let number = bytes[offset..offset + 4]
            .iter()
            .fold(0, |number, byte| number << 8 | u32::from(*byte));
        number & 0x7fff_ffff
    }
}

/// In base 32.
impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE32_NOPAD.encode(&self.0))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The six digits in what was typed, if it is a code of an app; else it may be a recovery code.
pub fn digits(typed: &str) -> Option<String> {
    let plain: String = typed
        .chars()
        .filter(|letter| !letter.is_whitespace() && *letter != '-')
        .collect();
    let six = plain.len() == 6 && plain.bytes().all(|byte| byte.is_ascii_digit());
    six.then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn secret() -> Secret {
        Secret(*b"12345678901234567890")
    }

    /// RFC 6238, appendix B (SHA-1; the RFC shows 8 digits).
    #[test]
    fn the_codes_are_those_of_the_rfc() {
        for (seconds, code) in [
            (59, 94_287_082),
            (1_111_111_109, 7_081_804),
            (1_111_111_111, 14_050_471),
            (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037),
            (20_000_000_000, 65_353_130),
        ] {
            assert_eq!(secret().number(seconds / PERIOD) % 100_000_000, code, "{seconds}");
            assert_eq!(
                secret().code_at(Timestamp(seconds)),
                format!("{:06}", code % 1_000_000)
            );
        }
    }

    /// RFC 4226, appendix D.
    #[test]
    fn the_counters_are_those_of_the_rfc() {
        let codes = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871",
            "520489",
        ];
        for (step, code) in codes.iter().enumerate() {
            assert_eq!(secret().code(i64::try_from(step).unwrap()), *code);
        }
    }

    #[test]
    fn an_app_reads_the_secret_and_people_may_type_it() {
        let uri = secret().uri("oak", "ada.l");
        assert_eq!(
            uri,
            "otpauth://totp/oak:ada.l?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=oak&algorithm=SHA1&digits=6\
             &period=30"
        );
        assert_eq!(
            Secret::parse("gezd gnbv gy3t qojq gezd gnbv gy3t qojq"),
            Some(secret())
        );
        for wrong in ["", "gezd", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ1", "é"] {
            assert_eq!(Secret::parse(wrong), None, "{wrong}");
        }
        assert_eq!(digits(" 123 456 ").as_deref(), Some("123456"));
        for other in ["12345", "1234567", "abcde-fghij-kmnpq", "", "١٢٣٤٥٦"] {
            assert_eq!(digits(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn a_code_is_good_for_a_moment_and_once(
            at in 0i64..4_000_000_000, late in -200i64..200, bytes in prop::array::uniform20(any::<u8>()),
        ) {
            let secret = Secret(bytes);
            let (code, step) = (secret.code_at(Timestamp(at)), at / PERIOD);
            let distance = ((at + late).div_euclid(PERIOD) - step).abs();
            let accepted = secret.accepts(&code, Timestamp(at + late), i64::MIN);
            if distance <= TOLERANCE {
                prop_assert!(accepted.is_some());
                // Used: neither it nor an older one opens again.
                prop_assert_eq!(secret.accepts(&code, Timestamp(at), step + 2), None);
                prop_assert_eq!(secret.accepts(&code, Timestamp(at + late), accepted.unwrap()), None);
            } else if accepted.is_some() {
                // One code in a million is that of another step as well.
                prop_assert_ne!(accepted, Some(step));
            }
            prop_assert_eq!(Secret::parse(&secret.to_string()), Some(secret));
        }

        #[test]
        fn no_text_is_taken_for_a_code(text in "\\PC{0,40}") {
            if let Some(step) = secret().accepts(&text, Timestamp(1_000_000_000), i64::MIN) {
                prop_assert_eq!(secret().code(step), text.clone());
            }
            let _ = digits(&text);
        }
    }
}
