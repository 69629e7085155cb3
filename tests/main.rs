//! What the parts do together, and against values from outside.

mod emulation;
