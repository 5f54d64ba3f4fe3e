//! Small programs for a Cortex-M4, assembled by hand.

/// First address of the RAM.
pub const RAM: u32 = 0x2000_0000;
/// Where [`sum`] stores its result.
pub const RESULT: u32 = RAM + 0x400;
/// Where the code of an image starts; before it is the vector table.
pub const CODE: u32 = 0x100;
/// Where [`sum`] adds, at the top of its loop.
pub const LOOP: u32 = 0x104;
/// Behind the loop of [`sum`].
pub const AFTER_LOOP: u32 = 0x10A;
/// The first BKPT of [`sum`].
pub const FIRST_STOP: u32 = 0x10E;
/// The second BKPT of [`sum`].
pub const SECOND_STOP: u32 = 0x114;
/// The endless loop at the end of [`sum`], and the handler of all its faults.
pub const END: u32 = 0x116;

/// A vector table whose handlers all are at `handler`, and `code` behind it.
pub fn image(code: &[u16], handler: u32) -> Vec<u8> {
    let mut words = vec![handler | 1; CODE as usize / 4];
    words[0] = RAM + 0x4_0000;
    words[1] = CODE | 1;
    let table = words.into_iter().flat_map(u32::to_le_bytes);
    let code = code.iter().flat_map(|half| half.to_le_bytes());
    table.chain(code).collect()
}

/// Adds 7, 6, … 1, stores the sum, stops; adds one, stores it, stops; loops for ever.
pub fn sum() -> Vec<u8> {
    image(
        &[
            0x2000, // 100: movs r0, #0
            0x2107, // 102: movs r1, #7
            0x1840, // 104: adds r0, r0, r1
            0x3901, // 106: subs r1, #1
            0xD1FC, // 108: bne  104
            0x4A03, // 10a: ldr  r2, [pc, #12]
            0x6010, // 10c: str  r0, [r2]
            0xBE00, // 10e: bkpt 0
            0x3001, // 110: adds r0, #1
            0x6010, // 112: str  r0, [r2]
            0xBE01, // 114: bkpt 1
            0xE7FE, // 116: b    116
            RESULT as u16,
            (RESULT >> 16) as u16,
        ],
        END,
    )
}

/// Loads from an address where nothing is; its HardFault handler loops for ever.
pub fn fault() -> Vec<u8> {
    image(
        &[
            0x2060, // 100: movs r0, #0x60
            0x0600, // 102: lsls r0, r0, #24
            0x6801, // 104: ldr  r1, [r0]
            0xBE00, // 106: bkpt 0
            0xE7FE, // 108: b    108
        ],
        0x108,
    )
}

/// An RTT control block for [`rtt`]: one up channel of 64 bytes, no down channel.
pub const RTT_BLOCK: u32 = RAM + 0x1000;
const RTT_BUFFER: u32 = RAM + 0x1100;
/// Bytes of the channel's buffer.
pub const RTT_BUFFER_BYTES: u32 = 64;

/// The control block as firmware would have it in its initialised data.
pub fn rtt_block() -> Vec<u8> {
    let words = [
        1, // up channels
        0, // down channels
        0, // name
        RTT_BUFFER,
        RTT_BUFFER_BYTES,
        0, // write offset
        0, // read offset
        2, // blocks if full
    ];
    let mut block = b"SEGGER RTT\0\0\0\0\0\0".to_vec();
    block.extend(words.into_iter().flat_map(u32::to_le_bytes));
    block
}

/// Sends 0, 1, 2, … 255, 0, … through the up channel as fast as the debugger takes it.
pub fn rtt() -> Vec<u8> {
    let descriptor = RTT_BLOCK + 24;
    image(
        &[
            0x4807, // 100: ldr  r0, [pc, #28]  descriptor
            0x4908, // 102: ldr  r1, [pc, #32]  buffer
            0x2200, // 104: movs r2, #0         write offset
            0x2300, // 106: movs r3, #0         next byte
            0x243F, // 108: movs r4, #63
            0x548B, // 10a: strb r3, [r1, r2]
            0x3301, // 10c: adds r3, #1
            0x3201, // 10e: adds r2, #1
            0x4022, // 110: ands r2, r4
            0x6905, // 112: ldr  r5, [r0, #16]  read offset
            0x42AA, // 114: cmp  r2, r5
            0xD0FC, // 116: beq  112
            0x60C2, // 118: str  r2, [r0, #12]
            0xE7F6, // 11a: b    10a
            0xE7FE, // 11c: b    11c
            0xBF00, // 11e: nop
            descriptor as u16,
            (descriptor >> 16) as u16,
            RTT_BUFFER as u16,
            (RTT_BUFFER >> 16) as u16,
        ],
        0x11C,
    )
}

/// `bytes` of an image that starts with [`sum`] and goes on with words that all differ.
pub fn large(bytes: usize) -> Vec<u8> {
    let mut image = sum();
    let first = image.len() as u32 / 4;
    image.extend((first..bytes as u32 / 4).flat_map(|i| i.wrapping_mul(0x9E37_79B9).to_le_bytes()));
    image
}

/// Ends with semihosting's SYS_EXIT, ADP_Stopped_ApplicationExit: success.
pub fn exit() -> Vec<u8> {
    image(
        &[
            0x2018, // 100: movs r0, #0x18
            0x4901, // 102: ldr  r1, [pc, #4]
            0xBEAB, // 104: bkpt 0xab
            0xE7FE, // 106: b    106
            0x0026, 0x0002,
        ],
        0x106,
    )
}

/// Sleeps for ever.
pub fn sleep() -> Vec<u8> {
    image(
        &[
            0xBF30, // 100: wfi
            0xE7FD, // 102: b    100
        ],
        0x102,
    )
}

/// Reads DWT_CYCCNT into R1, executes three other instructions, reads it into R2, stops.
pub fn window() -> Vec<u8> {
    image(
        &[
            0x4803, // 100: ldr  r0, [pc, #12]
            0x6841, // 102: ldr  r1, [r0, #4]
            0xBF00, // 104: nop
            0xBF00, // 106: nop
            0xBF00, // 108: nop
            0x6842, // 10a: ldr  r2, [r0, #4]
            0xBE00, // 10c: bkpt 0
            0xE7FE, // 10e: b    10e
            0x1000, 0xE000,
        ],
        0x10E,
    )
}
