//! Programs with exception handlers that write down what they see.
//!
//! R7 holds the address at which to go on after a synchronous fault. Everything that is logged
//! goes through the trace pointer in RAM, so programs can be compared word by word.

use super::assembler::{Assembler, Label};
use super::image::{Image, RAM};

/// Vectors: 16 system exceptions and 16 interrupts.
const VECTORS: usize = 32;
const START: u32 = 4 * VECTORS as u32;
/// Holds the trace pointer; behind it how often handlers may still run their scripts.
pub const CELLS: u32 = RAM + 0x1_F000;
/// Bytes of trace.
pub const TRACE_BYTES: u32 = 0x1_0000;
/// Top of the main and of the process stack.
pub const MAIN_STACK: u32 = RAM + 0x1_8000;
pub const PROCESS_STACK: u32 = RAM + 0x1_C000;

/// Special registers by their number in MRS and MSR.
pub mod special {
    pub const APSR: u32 = 0;
    pub const IPSR: u32 = 5;
    pub const PSP: u32 = 9;
    pub const PSPLIM: u32 = 11;
    pub const PRIMASK: u32 = 16;
    pub const BASEPRI: u32 = 17;
    pub const BASEPRI_MAX: u32 = 18;
    pub const FAULTMASK: u32 = 19;
    pub const CONTROL: u32 = 20;
}

/// System registers that handlers write down: ICSR, SHCSR, CFSR, HFSR, BFAR, FPCCR.
const STATE: [u32; 6] = [
    0xE000_ED04,
    0xE000_ED24,
    0xE000_ED28,
    0xE000_ED2C,
    0xE000_ED38,
    FPCCR,
];

const FPCCR: u32 = 0xE000_EF34;

/// A program under construction.
pub struct SystemProgram {
    pub code: Assembler,
    entry: u32,
    vectors: [u32; VECTORS],
    logger: Label,
}

impl SystemProgram {
    /// A whole program: `handlers` adds the handlers with [`SystemProgram::handler`], then
    /// `thread` the code after reset.
    pub fn image(handlers: impl FnOnce(&mut Self), thread: impl FnOnce(&mut Self)) -> Image {
        let mut code = Assembler::new(START);
        let logger = code.mark();
        emit_logger(&mut code);
        let mut program = Self {
            code,
            entry: 0,
            vectors: [0; VECTORS],
            logger,
        };
        handlers(&mut program);
        program.entry = program.code.here();
        program.poke(0xE000_ED88, 0x00F0_0000); // CPACR
        program.barrier();
        program.poke(CELLS, RAM);
        program.code.mov32(0, 0).msr(special::APSR, 0);
        thread(&mut program);
        program.finish()
    }

    /// Stores a word; uses R0 and R1.
    pub fn poke(&mut self, address: u32, value: u32) {
        self.keep_together();
        self.code.poke(address, value);
    }

    /// Stores a byte; uses R0 and R1.
    pub fn poke_byte(&mut self, address: u32, value: u32) {
        self.keep_together();
        // strb r1, [r0]
        self.code.mov32(0, address).mov32(1, value).narrow(0x7001);
    }

    /// Sets the priority of an exception; uses R0 and R1.
    pub fn set_priority(&mut self, exception: u32, priority: u32) {
        let address = if exception < 16 {
            0xE000_ED18 + exception - 4
        } else {
            0xE000_E400 + exception - 16
        };
        self.poke_byte(address, priority);
    }

    /// A store and the [`SystemProgram::barrier`] behind it have to lie in one KiB, because QEMU
    /// may take an interrupt where its translation crosses a page.
    fn keep_together(&mut self) {
        if self.code.here() % 1024 > 1024 - 32 {
            self.code.align(1024);
        }
    }

    /// DSB, ISB.
    pub fn barrier(&mut self) {
        self.code.wide(0xF3BF_8F4F).wide(0xF3BF_8F6F);
    }

    /// Writes a register to the trace; uses R2 and R3.
    pub fn log(&mut self, register: u32) {
        log(&mut self.code, register);
    }

    /// Writes a constant to the trace.
    pub fn log_value(&mut self, value: u32) {
        self.code.mov32(0, value);
        self.log(0);
    }

    /// Writes the word at an address to the trace.
    pub fn log_word(&mut self, address: u32) {
        self.code.mov32(0, address).ldr(0, 0, 0);
        self.log(0);
    }

    /// Writes exception status, masks and CONTROL to the trace.
    pub fn log_state(&mut self) {
        log_state(&mut self.code);
    }

    /// The handler of `exception`: writes down LR, the frame and the state, then runs `body`,
    /// writes down what lies in the frame's floating-point part and returns.
    pub fn handler(&mut self, exception: usize, body: impl FnOnce(&mut Self)) {
        self.code.align(4);
        self.vectors[exception] = self.code.here() | 1;
        let frame = |code: &mut Assembler| {
            code.mov(4, 14).mov(5, 13);
            // The process stack if bit 2 of EXC_RETURN is set.
            code.wide(0xF014_0F04); // tst r4, #4
            code.narrow(0xBF18).mrs(5, special::PSP); // it ne
        };
        let code = &mut self.code;
        // With the Security Extension QEMU enters a handler with R0 to R3 cleared.
        code.movs(3, 0).wide(0xE92D_4FF8); // push {r3-r11, lr}
        frame(code);
        code.wide(0xF014_0F04).narrow(0xBF08).adds(5, 40); // it eq: what was pushed here
        let logger = self.logger;
        self.code.bl(logger);
        if (3..=6).contains(&exception) {
            self.recover();
        }
        self.code.narrow(0xB430); // push {r4, r5}
        body(self);
        self.code.narrow(0xBC30); // pop {r4, r5}
        // S0 and FPSCR of the frame.
        self.code.wide(0xF014_0F10); // tst r4, #16
        let basic = self.code.label();
        self.code.b_if(super::assembler::condition::NE, basic);
        self.code.ldr(0, 5, 0x20);
        self.log(0);
        self.code.ldr(0, 5, 0x60);
        self.log(0);
        self.code.bind(basic).wide(0xE8BD_8FF8); // pop {r3-r11, pc}
    }

    /// A handler that writes down LR, PSP and the state and ends the program at R7.
    pub fn last_handler(&mut self, exception: usize) {
        self.raw_handler(exception, |code| {
            code.mrs(0, special::IPSR).wide(0xF040_4060); // orr r0, r0, #0xE0000000
            log(code, 0);
            log(code, 14);
            code.mrs(0, special::PSP);
            log(code, 0);
            log_state(code);
            code.bx(7);
        });
    }

    /// A handler that is nothing but this code.
    pub fn raw_handler(&mut self, exception: usize, body: impl FnOnce(&mut Assembler)) {
        self.code.align(4);
        self.vectors[exception] = self.code.here() | 1;
        body(&mut self.code);
    }

    /// In a fault handler: status cleared, the interrupted code goes on at R7 outside of any IT
    /// block.
    fn recover(&mut self) {
        let code = &mut self.code;
        for address in [0xE000_ED28, 0xE000_ED2C] {
            code.mov32(0, address).ldr(1, 0, 0).str(1, 0, 0);
        }
        code.mov(0, 7).wide(0xF020_0001).str(0, 5, 24); // bic r0, r0, #1
        code.ldr(0, 5, 28).mov32(1, 0x0600_FC00);
        code.wide(0xEA20_0001).wide(0xF040_7080); // bic r0, r0, r1; orr r0, #1 << 24
        code.str(0, 5, 28);
    }

    /// An action that may fault: R7 says where to go on.
    pub fn guarded(&mut self, action: impl FnOnce(&mut Assembler)) {
        let next = self.code.label();
        self.code.address(7, next);
        action(&mut self.code);
        self.code.bind(next);
    }

    fn finish(mut self) -> Image {
        self.code.align(4);
        let exit = self.code.here();
        for _ in 0..Image::EXIT_BYTES / 4 {
            self.code.wide(0);
        }
        let mut flash = Vec::new();
        flash.extend(MAIN_STACK.to_le_bytes());
        flash.extend((self.entry | 1).to_le_bytes());
        for vector in &self.vectors[2..] {
            flash.extend(vector.to_le_bytes());
        }
        flash.extend(self.code.finish());
        Image {
            chip: "nrf52840",
            flash,
            exit,
            result_bytes: TRACE_BYTES,
        }
    }
}

fn log(code: &mut Assembler, register: u32) {
    code.mov32(3, CELLS).ldr(2, 3, 0);
    code.str_next(register, 2).str(2, 3, 0);
}

fn log_state(code: &mut Assembler) {
    for address in STATE {
        code.mov32(0, address).ldr(0, 0, 0);
        if address == FPCCR {
            // QEMU has UFRDY, which came with Armv8-M.
            code.wide(0xF420_6080); // bic r0, r0, #0x400
        }
        log(code, 0);
    }
    for register in [
        special::PRIMASK,
        special::BASEPRI,
        special::FAULTMASK,
        special::CONTROL,
    ] {
        code.mrs(0, register);
        log(code, 0);
    }
}

/// Subroutine: R4 EXC_RETURN, R5 frame.
fn emit_logger(code: &mut Assembler) {
    code.narrow(0xB500); // push {lr}
    code.mrs(0, special::IPSR).wide(0xF040_4060); // orr r0, r0, #0xE0000000
    log(code, 0);
    log(code, 4);
    log(code, 5);
    for i in 0..8 {
        code.ldr(0, 5, 4 * i);
        log(code, 0);
    }
    log_state(code);
    code.narrow(0xBD00); // pop {pc}
}
