/* switch_aarch64.S - from one stack to another (AAPCS64): what a call must keep is stored on the old one and
 * loaded from the new one. The CFI holds on both, since both look alike at each step. */

#if defined(__APPLE__)
#define NAME(name) _##name
#define HIDDEN     .private_extern
#else
#define NAME(name) name
#define HIDDEN     .hidden
#endif

        .text

/* void flarei_context_jump(void **from, void *to) */
        .globl  NAME(flarei_context_jump)
        HIDDEN  NAME(flarei_context_jump)
#if defined(__ELF__)
        .type   flarei_context_jump, %function
#endif
        .p2align 4
NAME(flarei_context_jump):
        .cfi_startproc
        sub     sp, sp, #160
        .cfi_def_cfa_offset 160
        stp     x29, x30, [sp, #0]
        .cfi_offset 29, -160
        .cfi_offset 30, -152
        stp     x19, x20, [sp, #16]
        .cfi_offset 19, -144
        .cfi_offset 20, -136
        stp     x21, x22, [sp, #32]
        .cfi_offset 21, -128
        .cfi_offset 22, -120
        stp     x23, x24, [sp, #48]
        .cfi_offset 23, -112
        .cfi_offset 24, -104
        stp     x25, x26, [sp, #64]
        .cfi_offset 25, -96
        .cfi_offset 26, -88
        stp     x27, x28, [sp, #80]
        .cfi_offset 27, -80
        .cfi_offset 28, -72
        stp     d8, d9, [sp, #96]
        stp     d10, d11, [sp, #112]
        stp     d12, d13, [sp, #128]
        stp     d14, d15, [sp, #144]
        mov     x9, sp
        str     x9, [x0]
        mov     sp, x1
        ldp     x29, x30, [sp, #0]
        ldp     x19, x20, [sp, #16]
        ldp     x21, x22, [sp, #32]
        ldp     x23, x24, [sp, #48]
        ldp     x25, x26, [sp, #64]
        ldp     x27, x28, [sp, #80]
        ldp     d8, d9, [sp, #96]
        ldp     d10, d11, [sp, #112]
        ldp     d12, d13, [sp, #128]
        ldp     d14, d15, [sp, #144]
        add     sp, sp, #160
        .cfi_def_cfa_offset 0
        .cfi_restore 29
        .cfi_restore 30
        .cfi_restore 19
        .cfi_restore 20
        .cfi_restore 21
        .cfi_restore 22
        .cfi_restore 23
        .cfi_restore 24
        .cfi_restore 25
        .cfi_restore 26
        .cfi_restore 27
        .cfi_restore 28
        ret
        .cfi_endproc
#if defined(__ELF__)
        .size   flarei_context_jump, . - flarei_context_jump
#endif

/* Where a new stack begins: x19 is the argument, x20 the function, which never returns. An unwinder stops here. */
        .globl  NAME(flarei_context_begin)
        HIDDEN  NAME(flarei_context_begin)
#if defined(__ELF__)
        .type   flarei_context_begin, %function
#endif
        .p2align 4
NAME(flarei_context_begin):
        .cfi_startproc
        .cfi_undefined 30
        mov     x0, x19
        blr     x20
        brk     #1
        .cfi_endproc
#if defined(__ELF__)
        .size   flarei_context_begin, . - flarei_context_begin
        .section .note.GNU-stack, "", %progbits
#endif
