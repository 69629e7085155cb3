//! Blocks of bytes in a file.

use std::io::{Read, Write};

use anyhow::{Result, ensure};

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
