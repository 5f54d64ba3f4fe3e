//! Every register of the nRF52840 that isn't zero after a reset, as the chip's SVD file has it.

use super::*;

/// First addresses of peripherals, and the offsets and values of their registers.
type Group = (&'static [u32], &'static [(u32, u32)]);

const GROUPS: [Group; 20] = [
    // CLOCK, POWER.
    (
        &[0x4000_0000],
        &[
            (0x528, 0x10),
            (0x900, 0xFFFF),
            (0x910, 0xFFFF),
            (0x920, 0xFFFF),
            (0x930, 0xFFFF),
            (0x940, 0xFFFF),
            (0x950, 0xFFFF),
            (0x960, 0xFFFF),
            (0x970, 0xFFFF),
            (0x980, 0xFFFF),
        ],
    ),
    // RADIO.
    (
        &[0x4000_1000],
        &[
            (0x508, 0x2),
            (0x554, 0x40),
            (0x650, 0x200),
            (0x660, 0xA7),
            (0xFFC, 0x1),
        ],
    ),
    // UARTE0.
    (
        &[0x4000_2000, 0x4002_8000],
        &[
            (0x508, u32::MAX),
            (0x50C, u32::MAX),
            (0x510, u32::MAX),
            (0x514, u32::MAX),
            (0x524, 0x400_0000),
        ],
    ),
    // SPIM0, TWIM0.
    (
        &[0x4000_3000, 0x4000_4000],
        &[
            (0x508, u32::MAX),
            (0x50C, u32::MAX),
            (0x510, u32::MAX),
            (0x514, u32::MAX),
            (0x524, 0x400_0000),
            (0x560, 0x2),
            (0x564, 0x2),
            (0x56C, u32::MAX),
            (0x594, 0x1),
        ],
    ),
    // NFCT.
    (
        &[0x4000_5000],
        &[
            (0x504, 0x480),
            (0x508, 0x1000),
            (0x50C, 0x1),
            (0x518, 0x17),
            (0x520, 0x15),
            (0x590, 0x6363),
            (0x59C, 0x2),
            (0x5A0, 0x1),
        ],
    ),
    // SAADC.
    (
        &[0x4000_7000],
        &[
            (0x518, 0x2_0000),
            (0x51C, 0x7FFF_8000),
            (0x528, 0x2_0000),
            (0x52C, 0x7FFF_8000),
            (0x538, 0x2_0000),
            (0x53C, 0x7FFF_8000),
            (0x548, 0x2_0000),
            (0x54C, 0x7FFF_8000),
            (0x558, 0x2_0000),
            (0x55C, 0x7FFF_8000),
            (0x568, 0x2_0000),
            (0x56C, 0x7FFF_8000),
            (0x578, 0x2_0000),
            (0x57C, 0x7FFF_8000),
            (0x588, 0x2_0000),
            (0x58C, 0x7FFF_8000),
            (0x5F0, 0x1),
        ],
    ),
    // TIMER.
    (
        &[
            0x4000_8000,
            0x4000_9000,
            0x4000_A000,
            0x4001_A000,
            0x4001_B000,
        ],
        &[(0x510, 0x4)],
    ),
    // TEMP.
    (
        &[0x4000_C000],
        &[
            (0x520, 0x326),
            (0x524, 0x348),
            (0x528, 0x3AA),
            (0x52C, 0x40E),
            (0x530, 0x4BD),
            (0x534, 0x5A3),
            (0x540, 0x3FEF),
            (0x544, 0x3FBE),
            (0x548, 0x3FBE),
            (0x54C, 0x12),
            (0x550, 0x124),
            (0x554, 0x27C),
            (0x560, 0xE2),
            (0x568, 0x19),
            (0x56C, 0x3C),
            (0x570, 0x50),
        ],
    ),
    // CCM, AAR.
    (&[0x4000_F000], &[(0x504, 0x1), (0x518, 0xFB)]),
    // WDT.
    (
        &[0x4001_0000],
        &[(0x404, 0x1), (0x504, u32::MAX), (0x508, 0x1), (0x50C, 0x1)],
    ),
    // QDEC.
    (
        &[0x4001_2000],
        &[
            (0x51C, u32::MAX),
            (0x520, u32::MAX),
            (0x524, u32::MAX),
            (0x540, 0x10),
        ],
    ),
    // COMP.
    (&[0x4001_3000], &[(0x508, 0x4)]),
    // PWM.
    (
        &[0x4001_C000, 0x4002_1000, 0x4002_2000, 0x4002_D000],
        &[
            (0x508, 0x3FF),
            (0x528, 0x1),
            (0x548, 0x1),
            (0x560, u32::MAX),
            (0x564, u32::MAX),
            (0x568, u32::MAX),
            (0x56C, u32::MAX),
        ],
    ),
    // PDM.
    (
        &[0x4001_D000],
        &[
            (0x504, 0x840_0000),
            (0x518, 0x28),
            (0x51C, 0x28),
            (0x540, u32::MAX),
            (0x544, u32::MAX),
        ],
    ),
    // NVMC.
    (&[0x4001_E000], &[(0x400, 0x1), (0x51C, 0xA)]),
    // SPIM2.
    (
        &[0x4002_3000, 0x4002_F000],
        &[
            (0x508, u32::MAX),
            (0x50C, u32::MAX),
            (0x510, u32::MAX),
            (0x514, u32::MAX),
            (0x524, 0x400_0000),
            (0x560, 0x2),
            (0x564, 0x2),
            (0x56C, u32::MAX),
        ],
    ),
    // I2S.
    (
        &[0x4002_5000],
        &[
            (0x50C, 0x1),
            (0x510, 0x1),
            (0x514, 0x2000_0000),
            (0x518, 0x6),
            (0x51C, 0x1),
            (0x560, u32::MAX),
            (0x564, u32::MAX),
            (0x568, u32::MAX),
            (0x56C, u32::MAX),
            (0x570, u32::MAX),
        ],
    ),
    // USBD.
    (
        &[0x4002_7000],
        &[
            (0x4C0, 0x1_0000),
            (0x50C, 0x100),
            (0x510, 0x1),
            (0x514, 0x1),
        ],
    ),
    // QSPI.
    (
        &[0x4002_9000],
        &[
            (0x524, u32::MAX),
            (0x528, u32::MAX),
            (0x530, u32::MAX),
            (0x534, u32::MAX),
            (0x538, u32::MAX),
            (0x53C, u32::MAX),
            (0x600, 0x4_0480),
            (0x614, u32::MAX),
            (0x624, 0xB7),
            (0x634, 0x2000),
            (0x640, 0x200),
        ],
    ),
    // CC_HOST_RGF.
    (&[0x5002_B000], &[(0xA60, 0x2)]),
];

#[test]
fn registers_hold_their_reset_values() {
    let mut board = blank();
    write(&mut board, 0xE000_EDF0, 0xA05F_0003);
    for (peripherals, registers) in GROUPS {
        for &peripheral in peripherals {
            for &(offset, value) in registers {
                let address = peripheral + offset;
                let found = read(&mut board, address);
                assert_eq!(found, value, "{address:#010x}: {found:#x}");
            }
        }
    }
    // PIN_CNF of P0 and P1.
    for pin in (0x5000_0700..0x5000_0780)
        .chain(0x5000_0A00..0x5000_0A40)
        .step_by(4)
    {
        assert_eq!(read(&mut board, pin), 2, "{pin:#010x}");
    }
}
