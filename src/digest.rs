//! SHA-256 of content, and files and texts that end with their own.

use std::io::{Read, Write};

use anyhow::{Result, ensure};
use sha2::{Digest, Sha256};

/// Bytes of a SHA-256.
pub const HASH: usize = 32;

/// SHA-256 in hexadecimal.
pub fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A file that ends with the SHA-256 of all bytes before, together with the hash of those that were read or written so
/// far.
pub struct Hashed<F> {
    file: F,
    hash: Sha256,
}

impl<F> Hashed<F> {
    pub fn new(file: F) -> Hashed<F> {
        Hashed { file, hash: Sha256::new() }
    }
}

impl<F: Write> Hashed<F> {
    /// Ends the file with its hash.
    pub fn seal(mut self) -> Result<F> {
        self.file.write_all(&self.hash.finalize())?;
        self.file.flush()?;
        Ok(self.file)
    }
}

impl<F: Read> Hashed<F> {
    /// Reads the hash at the end of the file, compares it, and returns it.
    ///
    /// # Errors
    /// If it is not the hash of all before.
    pub fn check(mut self) -> Result<[u8; HASH]> {
        let mut rest = Vec::new();
        self.file.read_to_end(&mut rest)?;
        let hash: [u8; HASH] = self.hash.finalize().into();
        ensure!(rest == hash, "its content is not what was written");
        Ok(hash)
    }
}

impl<F: Write> Write for Hashed<F> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

impl<F: Read> Read for Hashed<F> {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(bytes)?;
        self.hash.update(&bytes[..read]);
        Ok(read)
    }
}

/// The content of a file that [`Hashed::seal`] ended; `None` if it is not what was written.
pub fn unsealed(file: &[u8]) -> Option<&[u8]> {
    let (content, hash) = file.split_last_chunk::<HASH>()?;
    (Sha256::digest(content).as_slice() == hash).then_some(content)
}

/// The end of a text of some format, which holds the digest of everything before it.
pub struct Ending {
    before: &'static str,
    after: &'static str,
}

impl Ending {
    /// A comment on the last line.
    pub const TOML: Ending = Ending { before: "# sha256 = \"", after: "\"\n" };
    /// The last member of an object that is printed with indents.
    pub const JSON: Ending = Ending { before: ",\n  \"sha256\": \"", after: "\"\n}\n" };
    /// The last of several lines.
    pub const JSON_LINES: Ending = Ending { before: "{\"sha256\":\"", after: "\"}\n" };

    /// The text with its ending.
    pub fn close(&self, text: &str) -> String {
        format!("{text}{}{}{}", self.before, sha256(text.as_bytes()), self.after)
    }

    /// Whether a text has such an ending, whatever the digest.
    pub fn is_on(&self, text: &str) -> bool {
        text.contains(self.before)
    }

    /// The text before its ending, or all of it if it has none; `None` if it is not what was closed.
    pub fn open<'a>(&self, text: &'a str) -> Option<&'a str> {
        let Some((body, rest)) = text.rsplit_once(self.before) else { return Some(text) };
        (rest.strip_suffix(self.after)? == sha256(body.as_bytes())).then_some(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_that_of_the_standard() {
        // FIPS 180-4's example.
        assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn a_flipped_bit_is_noticed_or_leaves_the_text_before_the_ending_as_it_was() {
        let text = "{\n  \"episodes\": 30";
        let closed = Ending::JSON.close(text);
        assert_eq!(Ending::JSON.open(&closed), Some(text));
        for bit in 0..8 * closed.len() {
            let mut changed = closed.clone().into_bytes();
            changed[bit / 8] ^= 1 << (bit % 8);
            let Ok(changed) = String::from_utf8(changed) else { continue };
            assert!(Ending::JSON.open(&changed).is_none_or(|found| found.starts_with(text)), "bit {bit}: {changed}");
        }
        assert_eq!(Ending::JSON.open("{\n  \"old\": true\n}\n"), Some("{\n  \"old\": true\n}\n"));
    }
}
