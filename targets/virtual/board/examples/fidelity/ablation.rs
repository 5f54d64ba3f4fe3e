//! What each rule of the cycle model contributes: the errors with the rule switched off or changed.

/// Names of parameters and what they are set to.
pub type Changes = &'static [(&'static str, u32)];

/// The rules, each with other values of its parameters.
pub const RULES: [(&str, Changes); 24] = [
    ("as it is", &[]),
    ("all banks of RAM are granted at once", &[("bank_grant", 0)]),
    ("overlap across memories is kept", &[("lost_overlap", 0)]),
    (
        "the prefetch unit never waits",
        &[("fetch_restart", 0), ("fetch_latency", 0)],
    ),
    (
        "the prefetch unit needs no restart",
        &[("fetch_restart", 0)],
    ),
    ("the prefetch unit holds 2 words", &[("fetch_ahead", 2)]),
    ("a load alone takes 1", &[("load", 1)]),
    ("loads never overlap", &[("chained_load", 2)]),
    (
        "a load behind a store waits for nothing",
        &[("load_after_store", 0)],
    ),
    ("a late address costs nothing", &[("late_address", 0)]),
    ("a store takes 2", &[("store", 2)]),
    (
        "a register offset costs a store nothing",
        &[("store_register_offset", 1)],
    ),
    ("a taken branch refills in 2", &[("refill", 2)]),
    ("a late target refills in 1", &[("late_refill", 1)]),
    (
        "unaligned data costs nothing",
        &[("unaligned", 0), ("unaligned_odd_word", 0)],
    ),
    (
        "divides take 2 or 3 cycles",
        &[("divide_long", 1), ("divide_bits", 32)],
    ),
    ("a divide whose result is 0 takes 1", &[("divide_short", 0)]),
    ("each divide takes 1 more", &[("divide", 2)]),
    (
        "exceptions take no cycles",
        &[
            ("exception_entry", 0),
            ("exception_return", 0),
            ("tail_chain", 0),
            ("float_context", 0),
        ],
    ),
    (
        "a miss of instructions takes 1 more",
        &[("instruction_miss", 1)],
    ),
    ("a miss of data takes 1 more", &[("data_miss", 1)]),
    (
        "float results are there at once",
        &[("float_result_latency", 0)],
    ),
    ("float divides take 1", &[("float_divide", 1)]),
    (
        "the flash's own wait states are one more or 1",
        &[("flash_wait", 1)],
    ),
];
