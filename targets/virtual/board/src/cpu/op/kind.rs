//! What operations there are.

/// Defines [`Kind`], and the macro `for_each_kind` that hands its names to another macro.
macro_rules! kinds {
    (
        $dollar:tt
        $(#[$about:meta])*
        $(ops $category:ident { $($(#[$doc:meta])* $name:ident,)* })*
        fused { $($fused:ident = $($part:ident)+,)* }
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u16)]
        pub enum Kind {
            $($($(#[$doc])* $name,)*)*
            $($fused,)*
        }

        /// Expands `callback! { ops category { Kind… } … fused { Fused = Kind…, … } }`.
        macro_rules! for_each_kind {
            ($dollar callback:ident) => {
                $dollar callback! {
                    $(ops $category { $($name)* })*
                    fused { $($fused = $($part)+,)* }
                }
            };
        }
        pub(crate) use for_each_kind;
    };
}

kinds! {
    $
    /// What an [`Op`](super::Op) does. Field use is given as `a b c d imm`; registers are numbers 0-15.
    ///
    /// `S` at the end of a name stands for "sets flags". Immediates are already expanded, negated or
    /// made absolute by the decoder, so several encodings share one kind. A category is a function in
    /// [`crate::cpu::execute`].
    ops pseudo {
        /// Skips the next `b` ops unless condition `a` holds.
        Skip,
        /// `r15 = imm`, for a following op that reads the PC as an ordinary operand.
        SetPc,
        /// Clears the low bits of SP after a computed write.
        AlignSp,
        /// Before an instruction that moves the SP by `imm`: it faults if that passes the limit of the stack.
        CheckSp,
        /// Moves what an instruction computed for the SP there, unless it passes the limit of the stack.
        SetSp,
        /// The block ends inside an IT block: ITSTATE is `a`.
        StayInIt,
    }
    ops data_processing {
        // Data processing, immediate: `a = b op imm`; `d` is the carry out (0, 1, 2 = unchanged).
        MovImm,
        MovImmS,
        AddImm,
        AddImmS,
        SubImmS,
        RsbImm,
        RsbImmS,
        AdcImm,
        AdcImmS,
        SbcImm,
        SbcImmS,
        AndImm,
        AndImmS,
        OrrImm,
        OrrImmS,
        EorImm,
        EorImmS,
        TstImm,
        TeqImm,
        CmpImm,
        CmnImm,
        /// `a = (a & 0xFFFF) | imm << 16`
        Movt,

        // Data processing, register: `a = b op c`.
        MovReg,
        MovRegS,
        MvnReg,
        MvnRegS,
        AddReg,
        AddRegS,
        SubReg,
        SubRegS,
        RsbReg,
        RsbRegS,
        AdcReg,
        AdcRegS,
        SbcReg,
        SbcRegS,
        AndReg,
        AndRegS,
        OrrReg,
        OrrRegS,
        OrnReg,
        OrnRegS,
        EorReg,
        EorRegS,
        BicReg,
        BicRegS,
        TstReg,
        TeqReg,
        CmpReg,
        CmnReg,

        // Data processing with a constant shift of `c`: type `d`, amount `imm & 0xFF`. The kinds with
        // a shift of their own leave the flags.
        /// `a = b + (c << imm)`
        AddLsl,
        /// `a = b - (c << imm)`
        SubLsl,
        /// `a = b | (c << imm)`
        OrrLsl,
        /// `a = b + (c >> imm)`
        AddLsr,
        /// `a = b + (c >> imm)`, arithmetic
        AddAsr,
        /// `a = b | (c >> imm)`
        OrrLsr,
        /// `a = b & (c >> imm)`
        AndLsr,
        /// `a = b ^ (c << imm)`
        EorLsl,
        /// `a = b ^ (c >> imm)`
        EorLsr,
        /// Any other operation: `imm >> 8` is the opcode of table A5-22 with bit 4 = S.
        Shifted,

        // Shifts: by `imm`, or by register `c`; `a = b shift …`.
        LslImm,
        LslImmS,
        LsrImm,
        LsrImmS,
        AsrImm,
        AsrImmS,
        /// Sets the carry alone. The decoder makes none; [`crate::cpu::flags`] does, where nobody reads N and Z.
        AsrImmC,
        RorImm,
        RorImmS,
        Rrx,
        RrxS,
        LslReg,
        LslRegS,
        LsrReg,
        LsrRegS,
        AsrReg,
        AsrRegS,
        RorReg,
        RorRegS,
    }
    ops multiply {
        // Multiply and divide: `a` result (low), `d` high or accumulator, `b`, `c` factors.
        Mul,
        MulS,
        Mla,
        Mls,
        Smull,
        Umull,
        Smlal,
        Umlal,
        Umaal,
        Sdiv,
        Udiv,

        // DSP multiplies: `a = b × c + d`; `imm` bit 0: second operand's top half or exchange,
        // bit 1: first operand's top half.
        SmulXy,
        Smlabb,
        Smlabt,
        Smlatb,
        Smlatt,
        SmulW,
        SmlaW,
        SmlalXy,
        Smuad,
        Smlad,
        /// SMLAD with the halves of the second operand exchanged.
        Smladx,
        Smusd,
        Smlsd,
        Smlald,
        Smlsld,
        /// `imm` bit 0: round. `d` = 15: no accumulator.
        Smmla,
        Smmls,
        Usada8,
    }
    ops media {
        // Saturation and packing.
        /// `a = saturate(shift(b, type d, amount imm & 31), c bits)`
        Ssat,
        Usat,
        Ssat16,
        Usat16,
        Qadd,
        Qsub,
        Qdadd,
        Qdsub,
        /// `a = top(b, c << imm) …`
        Pkhbt,
        Pkhtb,

        // Extension: `a = extend(ror(c, d))`, with accumulate `+ b`.
        Sxtb,
        Sxth,
        Uxtb,
        Uxth,
        Sxtb16,
        Uxtb16,
        Sxtab,
        Sxtah,
        Uxtab,
        Uxtah,
        Sxtab16,
        Uxtab16,
        /// Parallel addition and subtraction: `imm` = prefix << 3 | operation.
        Parallel,
        Sel,
        Clz,
        Rbit,
        Rev,
        Rev16,
        Revsh,
        /// `a[lsb c, width d] = b`
        Bfi,
        /// `b` unused: clears.
        Bfc,
        Ubfx,
        Sbfx,
    }
    ops load_store {
        // Single loads and stores: `a` data, `b` base.
        // Imm: address `b + imm`. Reg: `b + (c << d)`. Pre: write-back `b + imm` first.
        // Post: access at `b`, then `b += imm`.
        LdrImm,
        LdrReg,
        LdrPre,
        LdrPost,
        LdrbImm,
        LdrbReg,
        LdrbPre,
        LdrbPost,
        LdrhImm,
        LdrhReg,
        LdrhPre,
        LdrhPost,
        LdrsbImm,
        LdrsbReg,
        LdrsbPre,
        LdrsbPost,
        LdrshImm,
        LdrshReg,
        LdrshPre,
        LdrshPost,
        StrImm,
        StrReg,
        StrPre,
        StrPost,
        StrbImm,
        StrbReg,
        StrbPre,
        StrbPost,
        StrhImm,
        StrhReg,
        StrhPre,
        StrhPost,
        /// Literal: absolute address `imm`; `d`: size and sign as [`literal`].
        LdrLit,
        /// Unprivileged access at `b + imm`: `d` as [`literal`].
        LoadUnprivileged,
        StoreUnprivileged,
        /// LDA, STL and their kin: aligned access at `b`, `d` as [`literal`]. Accesses are in order anyway.
        LoadAcquire,
        StoreRelease,
        /// `a`, `c` data, `b` base, `imm` offset, `d` bit 0: index before, bit 1: write back.
        Ldrd,
        Strd,
        /// Literal form of LDRD: absolute address `imm`.
        LdrdLit,
        /// `b` base, `imm` register list, `c` its length, `d` bit 0: decrement before, bit 1: write back.
        Ldm,
        /// Of two words; both registers are in `a` too. The decoder makes none; [`crate::cpu::fusion`] does.
        Ldm2,
        Stm,

        // Exclusive: `a` data, `b` base, `c` status, `imm` offset (word form).
        Ldrex,
        Ldrexb,
        Ldrexh,
        Strex,
        Strexb,
        Strexh,
        Clrex,
        /// LDM with the PC in the list, POP {…, PC}.
        LdmPc,
    }
    ops branch {
        // Branches end a block. `imm`: absolute target.
        B,
        /// Condition `a`. The decoder makes only this one; [`super::fusion`] turns it into one of those
        /// that follow.
        BCond,
        BEq,
        BNe,
        BCs,
        BCc,
        BMi,
        BPl,
        BHi,
        BLs,
        BGe,
        BLt,
        BGt,
        BLe,
        /// `c` = link value is the address after it with bit 0 set: in `imm2` of the block.
        Bl,
        /// Register `c`.
        Bx,
        Blx,
        /// Register `b`.
        Cbz,
        Cbnz,
        /// Base `b`, index `c`.
        Tbb,
        Tbh,
        /// `pc = c`, without interworking (MOV PC).
        MovPc,
        /// `pc = b + c` (ADD PC).
        AddPc,
        /// Loads to the PC: address forms as their ordinary kinds.
        LdrPcImm,
        LdrPcReg,
        LdrPcPre,
        LdrPcPost,
    }
    ops system {
        /// No operation and hints that have no effect here (NOP, YIELD, DBG, PLD, CLREX is not one).
        Nop,
        /// IT: the instruction itself; its conditions are [`Kind::Skip`] ops.
        It,

        // System.
        Svc,
        Bkpt,
        Udf,
        /// `a`: 0 enable, 1 disable; `b` bit 0: FAULTMASK, bit 1: PRIMASK.
        Cps,
        /// `a` = special register `imm`.
        Mrs,
        /// Special register `imm` = `b`; `c`: mask.
        Msr,
        /// `a` = what may be done at address `b`; `imm` = 1: by unprivileged code (TTT).
        Tt,
        Isb,
        Dsb,
        Dmb,
        Wfi,
        Wfe,
        Sev,
        /// An instruction of a coprocessor that isn't there: NOCP UsageFault.
        NoCoprocessor,
    }
    ops floating_point {
        // Floating point: `a` destination, `b`, `c` operands, single-precision register numbers.
        /// Address `b + imm` (core register b); `d`: 0 single, 1 double (two singles).
        Vldr,
        /// Literal form: absolute address `imm`.
        VldrLit,
        Vstr,
        /// First single register `a`, count `c`, core base `b`, `d` as LDM.
        Vldm,
        Vstm,
        /// Core `b` to single `a`.
        VmovToSingle,
        /// Single `b` to core `a`.
        VmovFromSingle,
        /// Core `b`, `c` to singles `a`, `a + 1`.
        VmovToPair,
        /// Singles `c`, `c + 1` to core `a`, `b`.
        VmovFromPair,
        VmovImm,
        Vmov,
        Vabs,
        Vneg,
        Vsqrt,
        Vadd,
        Vsub,
        Vmul,
        Vnmul,
        Vdiv,
        Vmla,
        Vmls,
        Vnmla,
        Vnmls,
        Vfma,
        Vfms,
        Vfnma,
        Vfnms,
        /// `d` bit 0: signal on quiet NaN (VCMPE), bit 1: compare with zero.
        Vcmp,
        /// Half to single; `d`: top half.
        VcvtFromHalf,
        /// Single to half; `d`: top half.
        VcvtToHalf,
        /// Integer in `b` to float; `d` = 1: signed.
        VcvtFromInt,
        /// Float to integer; `d` bit 0: signed, bit 1: round by FPSCR (else towards zero).
        VcvtToInt,
        /// Fixed point in place in `a`; `d` bit 0: signed, bit 1: 32 bits, bit 2: to fixed;
        /// `imm`: fraction bits.
        VcvtFixed,
        // What came with FPv5.
        /// `a` = `b` if condition `d` holds, else `c`.
        Vsel,
        Vmaxnm,
        Vminnm,
        /// To an integral value, by the mode in `imm` (see [`rounding`]).
        Vrint,
        /// Float to integer by the mode in `imm`; `d` = 1: signed.
        VcvtRounded,
        /// `a` = 15: flags to APSR.
        Vmrs,
        Vmsr,
    }
    // What stands often side by side in compiled code and in kernels: executed with one dispatch.
    // The first op of the group has the fused kind, the others keep theirs. Longer groups first.
    fused {
        LdmMovRegEorRegMovRegLsrImmAndRegX2MovRegSubRegSubRegS = Ldm MovReg EorReg MovReg LsrImm AndReg AndReg MovReg SubReg SubRegS,
        SmmlaAddAsrAddRegAsrRegSsatSmmlaAddAsrAddRegAsrRegSsat = Smmla AddAsr AddReg AsrReg Ssat Smmla AddAsr AddReg AsrReg Ssat,
        Sxtb16SmladX2Sxtb16X2SmladX4 = Sxtb16 Smlad Smlad Sxtb16 Sxtb16 Smlad Smlad Smlad Smlad,
        LdrRegLdrPostLdrImmX4Sxtb16SmladX2 = LdrReg LdrPost LdrImm LdrImm LdrImm LdrImm Sxtb16 Smlad Smlad,
        LdrPostLdmSxtb16X2SmladX4 = LdrPost Ldm Sxtb16 Sxtb16 Smlad Smlad Smlad Smlad,
        LdrPostSxtb16X2SmladX4 = LdrPost Sxtb16 Sxtb16 Smlad Smlad Smlad Smlad,
        Ldm2MulX2AsrImmCAdcRegAsrImmCAdcRegS = Ldm2 Mul Mul AsrImmC AdcReg AsrImmC AdcRegS,
        Ldm2MulX2AsrImmCAdcRegAsrImmCAdcReg = Ldm2 Mul Mul AsrImmC AdcReg AsrImmC AdcReg,
        Sxtb16X2SmladX4 = Sxtb16 Sxtb16 Smlad Smlad Smlad Smlad,
        Sxtb16X2SmladX2SmlabbSmlatb = Sxtb16 Sxtb16 Smlad Smlad Smlabb Smlatb,
        LdrRegAddImmX2CmpRegBEq = LdrReg AddImm AddImm CmpReg BEq,
        SmmlaAddAsrAddRegAsrRegSsat = Smmla AddAsr AddReg AsrReg Ssat,
        SmladX4 = Smlad Smlad Smlad Smlad,
        SmlabbSmlattSmlabbSmlatt = Smlabb Smlatt Smlabb Smlatt,
        SmlabbX2SmlattX2 = Smlabb Smlabb Smlatt Smlatt,
        Sxtb16X2SmladX2 = Sxtb16 Sxtb16 Smlad Smlad,
        Sxtab16X2Sxtb16X2 = Sxtab16 Sxtab16 Sxtb16 Sxtb16,
        VldrX2VmulVadd = Vldr Vldr Vmul Vadd,
        LdrImmX4 = LdrImm LdrImm LdrImm LdrImm,
        LslImmAsrImmMulAddReg = LslImm AsrImm Mul AddReg,
        LdrImmX3LdrPre = LdrImm LdrImm LdrImm LdrPre,
        VldrVmulVadd = Vldr Vmul Vadd,
        VmulVaddVldr = Vmul Vadd Vldr,
        VaddVldrX2 = Vadd Vldr Vldr,
        LdrImmX3 = LdrImm LdrImm LdrImm,
        SubImmSStrPostBNe = SubImmS StrPost BNe,
        StmAddImmX2 = Stm AddImm AddImm,
        AddRegCmpRegBCc = AddReg CmpReg BCc,
        AsrImmMulAddReg = AsrImm Mul AddReg,
        LslImmLslImmSStrImm = LslImm LslImmS StrImm,
        AndRegLsrImmUxtb = AndReg LsrImm Uxtb,
        AddImmCmpRegBCc = AddImm CmpReg BCc,
        LsrImmSUxtbStrImm = LsrImmS Uxtb StrImm,
        StmAddImmBl = Stm AddImm Bl,
        MovRegAndRegSLdrLit = MovReg AndRegS LdrLit,
        AndRegCmpImmBNe = AndReg CmpImm BNe,
        LdrImmCmpRegBEq = LdrImm CmpReg BEq,
        VldrX2 = Vldr Vldr,
        VldrVmul = Vldr Vmul,
        VldrVadd = Vldr Vadd,
        VmulVadd = Vmul Vadd,
        VmulX2 = Vmul Vmul,
        VaddVldr = Vadd Vldr,
        VcmpVmrs = Vcmp Vmrs,
        LdrPostLdm = LdrPost Ldm,
        LdrImmX2 = LdrImm LdrImm,
        LdrRegX2 = LdrReg LdrReg,
        LdrImmStrImm = LdrImm StrImm,
        StrImmLdrImm = StrImm LdrImm,
        StrImmX2 = StrImm StrImm,
        LdrImmAddReg = LdrImm AddReg,
        LdrImmCmpReg = LdrImm CmpReg,
        LdrImmMovReg = LdrImm MovReg,
        LdrImmLdrbImm = LdrImm LdrbImm,
        MovRegLdrImm = MovReg LdrImm,
        AddRegLdrImm = AddReg LdrImm,
        AddLslLdrImm = AddLsl LdrImm,
        AddLslX2 = AddLsl AddLsl,
        AddRegX2 = AddReg AddReg,
        AddRegAddLsl = AddReg AddLsl,
        AddRegSsat = AddReg Ssat,
        AddAsrAsrReg = AddAsr AsrReg,
        AddLsrAddAsr = AddLsr AddAsr,
        AsrRegAddReg = AsrReg AddReg,
        SmmlaAddLsr = Smmla AddLsr,
        MovRegX2 = MovReg MovReg,
        Sxtb16X2 = Sxtb16 Sxtb16,
        Sxtab16X2 = Sxtab16 Sxtab16,
        SmladX2 = Smlad Smlad,
        AddImmStrImm = AddImm StrImm,
        AddRegStrImm = AddReg StrImm,
        MovImmStrImm = MovImm StrImm,
        CmpRegBEq = CmpReg BEq,
        CmpRegBNe = CmpReg BNe,
        CmpRegBCs = CmpReg BCs,
        CmpRegBCc = CmpReg BCc,
        CmpRegBHi = CmpReg BHi,
        CmpRegBLs = CmpReg BLs,
        CmpRegBGe = CmpReg BGe,
        CmpRegBLt = CmpReg BLt,
        CmpRegBGt = CmpReg BGt,
        CmpRegBLe = CmpReg BLe,
        CmpImmBEq = CmpImm BEq,
        CmpImmBNe = CmpImm BNe,
        CmpImmBCs = CmpImm BCs,
        CmpImmBCc = CmpImm BCc,
        CmpImmBHi = CmpImm BHi,
        CmpImmBLs = CmpImm BLs,
        CmpImmBGe = CmpImm BGe,
        CmpImmBLt = CmpImm BLt,
        CmpImmBGt = CmpImm BGt,
        CmpImmBLe = CmpImm BLe,
        SubImmSBNe = SubImmS BNe,
        SubImmSBEq = SubImmS BEq,
        SubImmSBCs = SubImmS BCs,
        SubImmSBCc = SubImmS BCc,
        SubImmSBGt = SubImmS BGt,
        SubImmSBPl = SubImmS BPl,
        SubImmSBMi = SubImmS BMi,
        AddImmSBNe = AddImmS BNe,
        AsrImmCAdcReg = AsrImmC AdcReg,
        MulX2 = Mul Mul,
        LsrImmAndReg = LsrImm AndReg,
        MulAddReg = Mul AddReg,
        MovRegEorReg = MovReg EorReg,
        LdrRegLdrPost = LdrReg LdrPost,
        StmAddImm = Stm AddImm,
        AddImmLdmPc = AddImm LdmPc,
        AndRegSStrImm = AndRegS StrImm,
        LslImmAddRegS = LslImm AddRegS,
        AddRegAddRegS = AddReg AddRegS,
        LslImmSStrImm = LslImmS StrImm,
        MovRegBl = MovReg Bl,
        StrImmMovReg = StrImm MovReg,
        CmpRegStrImm = CmpReg StrImm,
        AddImmCmpReg = AddImm CmpReg,
        MovRegLdrLit = MovReg LdrLit,
        StrbImmStrbReg = StrbImm StrbReg,
        LdrImmAddRegS = LdrImm AddRegS,
        AddImmLsrImm = AddImm LsrImm,
        StrImmMovImm = StrImm MovImm,
        StrbImmX2 = StrbImm StrbImm,
        LdrImmOrrRegS = LdrImm OrrRegS,
        CmpImmBMi = CmpImm BMi,
        LdrImmEorReg = LdrImm EorReg,
        LdrImmMulS = LdrImm MulS,
        SubRegAsrImm = SubReg AsrImm,
        MovImmAndReg = MovImm AndReg,
        AsrImmAddReg = AsrImm AddReg,
        MovImmLslImm = MovImm LslImm,
        MovImmLslImmS = MovImm LslImmS,
        OrrRegOrrRegS = OrrReg OrrRegS,
        AndRegAddReg = AndReg AddReg,
    }
}

impl Kind {
    /// Whether it needs the floating-point unit. False for a group.
    pub const fn is_float(self) -> bool {
        self as u16 >= Self::Vldr as u16 && self as u16 <= Self::Vmsr as u16
    }

    /// Whether it is a group: several operations with one dispatch.
    pub const fn is_group(self) -> bool {
        self as u16 > Self::Vmsr as u16
    }
}
