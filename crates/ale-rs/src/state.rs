//! A console's saved state, and its form as bytes.

use crate::version;

/// The complete state on which a console's future depends, for [`crate::Ale::restore`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    pub(crate) native: Vec<u8>,
}

/// The reason why a state cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The bytes are not from [`State::to_bytes`].
    #[error("the saved state of the console is damaged")]
    Damaged,
    /// Another version of ALE made it, which may play differently.
    #[error("the saved state of the console is of ALE {found}, and this is ALE {}", version())]
    OtherVersion { found: String },
    /// ALE refused it.
    #[error("ALE cannot restore the state: {0}")]
    Refused(String),
}

impl State {
    /// The state as bytes, 14 to 22 KB: ALE's version, a checksum, and ALE's own bytes, compressed.
    pub fn to_bytes(&self) -> Vec<u8> {
        let packed = lz4_flex::compress_prepend_size(&self.native);
        let mut bytes = vec![version().len() as u8];
        bytes.extend_from_slice(version().as_bytes());
        bytes.extend_from_slice(&checksum(&packed).to_le_bytes());
        bytes.extend_from_slice(&packed);
        bytes
    }

    /// Reads bytes from [`State::to_bytes`]. The checksum detects damage. Bytes that were forged to pass it are not
    /// examined further, and ALE trusts them.
    ///
    /// # Errors
    /// If the bytes are damaged or of another version of ALE.
    pub fn from_bytes(bytes: &[u8]) -> Result<State, StateError> {
        let (&length, rest) = bytes.split_first().ok_or(StateError::Damaged)?;
        let (found, rest) = rest.split_at_checked(usize::from(length)).ok_or(StateError::Damaged)?;
        let (sum, packed) = rest.split_first_chunk().ok_or(StateError::Damaged)?;
        if checksum(packed) != u64::from_le_bytes(*sum) {
            return Err(StateError::Damaged);
        }
        if found != version().as_bytes() {
            return Err(StateError::OtherVersion { found: String::from_utf8_lossy(found).into_owned() });
        }
        let native = lz4_flex::decompress_size_prepended(packed).map_err(|_| StateError::Damaged)?;
        Ok(State { native })
    }
}

/// FNV-1a.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, &byte| (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}
