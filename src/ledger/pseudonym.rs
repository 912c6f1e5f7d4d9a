//! Keyed ids in the place of national identity numbers.
//!
//! An unkeyed digest of a CPR number can be reversed in minutes by trying every number; with a
//! secret key it cannot. The key is a file of its own, kept apart from the seed.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::cpr::has_cpr_shape;
use crate::digest::{hex, unhex32};

/// A key for pseudonyms: 32 bytes, written as 64 hexadecimal digits.
#[derive(Clone)]
pub struct PseudonymKey([u8; 32]);

impl PseudonymKey {
    pub fn from_bytes(bytes: [u8; 32]) -> PseudonymKey {
        PseudonymKey(bytes)
    }

    /// Reads 64 lower-case hexadecimal digits; nothing else is a key.
    pub fn read(text: &str) -> Option<PseudonymKey> {
        unhex32(text).map(PseudonymKey)
    }

    /// Writes the key out, for its file.
    pub fn reveal(&self) -> String {
        hex(&self.0)
    }

    /// Returns the pseudonym of an id: `p-` and the first 128 bits of HMAC-SHA256(key, id).
    ///
    /// A CPR number is taken without its hyphen or blank, so that both ways of writing it give one
    /// pseudonym.
    ///
    /// ```
    /// use klero::ledger::PseudonymKey;
    /// let key = PseudonymKey::from_bytes([7; 32]);
    /// let pseudonym = key.pseudonym("010170-1234");
    /// assert_eq!(pseudonym, key.pseudonym("0101701234"));
    /// assert_eq!(pseudonym.len(), 34);
    /// ```
    pub fn pseudonym(&self, id: &str) -> String {
        let id = id.trim();
        let plain: String = match has_cpr_shape(id) {
            true => id.chars().filter(char::is_ascii_digit).collect(),
            false => id.to_owned(),
        };
        let mac = Hmac::<Sha256>::new_from_slice(&self.0)
            .expect("HMAC takes a key of any length")
            .chain_update(plain)
            .finalize()
            .into_bytes();
        format!("p-{}", hex(&mac[..16]))
    }
}
