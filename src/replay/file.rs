//! A replay on disk: blocks of bytes, followed by a hash that detects damage.

use std::io::{Read, Write};

use anyhow::{Result, ensure};
use sha2::{Digest, Sha256};

/// A file together with the hash of the bytes that were read or written so far.
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
    /// Reads the hash at the end of the file and compares it.
    ///
    /// # Errors
    /// If it is not the hash of all before.
    pub fn check(mut self) -> Result<()> {
        let mut rest = Vec::new();
        self.file.read_to_end(&mut rest)?;
        ensure!(rest == self.hash.finalize().as_slice(), "its content is not what was written");
        Ok(())
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

/// Writes the length of a block, then its bytes.
pub fn write_block(out: &mut impl Write, block: &[u8]) -> Result<()> {
    out.write_all(&(block.len() as u64).to_le_bytes())?;
    Ok(out.write_all(block)?)
}

/// Reads what [`write_block`] wrote.
///
/// # Errors
/// If it is cut off.
pub fn read_block(input: &mut impl Read) -> Result<Vec<u8>> {
    let mut length = [0; 8];
    input.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    // A damaged length must not take memory that the file cannot fill.
    let mut block = Vec::with_capacity(length.min(1 << 20) as usize);
    input.take(length).read_to_end(&mut block)?;
    ensure!(block.len() as u64 == length, "it is cut off");
    Ok(block)
}
