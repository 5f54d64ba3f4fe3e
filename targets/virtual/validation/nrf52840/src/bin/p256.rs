//! P-256 in assembly by Emil Lenngren, whose README states cycles on an nRF52840 with the
//! instruction cache on. Each function is called three times; a wrong answer stops the program, so that
//! it never comes to the next call.

#![no_std]
#![no_main]

use core::hint::black_box;
use core::ptr::from_ref;

use cortex_m_rt::entry;
use p256_cortex_m4_sys::{
    p256_ecdh_calc_shared_secret, p256_keygen, p256_octet_string_to_point,
    p256_point_to_octet_string_compressed, p256_sign, p256_verify,
};

type Number = [u32; 8];

/// Any key, and any other number below the group's order.
const PRIVATE: Number = [
    0x7A1C_3F55,
    0x19E0_B2C4,
    0x5D8A_6671,
    0x0F23_94DE,
    0xC6B7_1082,
    0x3E49_D5AF,
    0x91F2_7C38,
    0x2B64_E80D,
];
const NONCE: Number = [
    0x10FE_DC98,
    0x7654_3210,
    0xA5C3_96F0,
    0x0D1E_2F3B,
    0x4C5A_6978,
    0x8796_A5B4,
    0xC3D2_E1F0,
    0x1324_3546,
];
const HASH: [u8; 32] = [0x5C; 32];

#[entry]
fn main() -> ! {
    timing::switch_cache_on();
    for _ in 0..3 {
        assert!(passes());
    }
    loop {
        cortex_m::asm::wfi();
    }
}

/// Calls each function once; whether the answers agree.
fn passes() -> bool {
    let (private, nonce) = (black_box(PRIVATE), black_box(NONCE));
    let [mut x, mut y, mut r, mut s, mut x2, mut y2] = [Number::default(); 6];
    let mut secret = [0_u8; 32];
    let mut octets = [0_u8; 33];
    // SAFETY: every pointer is to an array of the length that the library's header states, and lives
    // until the call returns.
    unsafe {
        p256_keygen(x.as_mut_ptr(), y.as_mut_ptr(), private.as_ptr())
            && p256_sign(
                r.as_mut_ptr(),
                s.as_mut_ptr(),
                HASH.as_ptr(),
                32,
                private.as_ptr(),
                nonce.as_ptr(),
            )
            && p256_verify(
                x.as_ptr(),
                y.as_ptr(),
                HASH.as_ptr(),
                32,
                r.as_ptr(),
                s.as_ptr(),
            )
            && p256_ecdh_calc_shared_secret(
                secret.as_mut_ptr(),
                private.as_ptr(),
                x.as_ptr(),
                y.as_ptr(),
            )
            && {
                p256_point_to_octet_string_compressed(octets.as_mut_ptr(), x.as_ptr(), y.as_ptr());
                let octets = from_ref(&octets).cast();
                p256_octet_string_to_point(x2.as_mut_ptr(), y2.as_mut_ptr(), octets, 33)
            }
            && x == x2
            && y == y2
    }
}
