//! Exception entry and return (B1.5.6 to B1.5.8), faults and their escalation (B1.5.14, B1.5.15).

mod entry;
mod events;
mod exit;
mod faults;
mod float_context;
mod monitor;
mod stack;
