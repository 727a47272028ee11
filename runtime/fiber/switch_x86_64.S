/* switch_x86_64.S - from one stack to another (System V ABI): what a call must keep is pushed on the old one
 * and popped from the new one. The CFI holds on both, since both look alike at each step. A file of its own, not
 * inline: without the note that an assembler would be asked for, nobody takes it for ready for shadow stacks. */

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
        .type   flarei_context_jump, @function
#endif
        .p2align 4
NAME(flarei_context_jump):
        .cfi_startproc
        pushq   %rbp
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %rbp, 0
        pushq   %rbx
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %rbx, 0
        pushq   %r12
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r12, 0
        pushq   %r13
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r13, 0
        pushq   %r14
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r14, 0
        pushq   %r15
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r15, 0
        subq    $8, %rsp
        .cfi_adjust_cfa_offset 8
        stmxcsr (%rsp)
        fnstcw  4(%rsp)
        movq    %rsp, (%rdi)
        movq    %rsi, %rsp
        ldmxcsr (%rsp)
        fldcw   4(%rsp)
        addq    $8, %rsp
        .cfi_adjust_cfa_offset -8
        popq    %r15
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r15
        popq    %r14
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r14
        popq    %r13
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r13
        popq    %r12
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r12
        popq    %rbx
        .cfi_adjust_cfa_offset -8
        .cfi_restore %rbx
        popq    %rbp
        .cfi_adjust_cfa_offset -8
        .cfi_restore %rbp
        ret
        .cfi_endproc
#if defined(__ELF__)
        .size   flarei_context_jump, . - flarei_context_jump
#endif

/* Where a new stack begins: r12 is the argument, r13 the function, which never returns. An unwinder stops here. */
        .globl  NAME(flarei_context_begin)
        HIDDEN  NAME(flarei_context_begin)
#if defined(__ELF__)
        .type   flarei_context_begin, @function
#endif
        .p2align 4
NAME(flarei_context_begin):
        .cfi_startproc
        .cfi_undefined %rip
        xorl    %ebp, %ebp
        movq    %r12, %rdi
        callq   *%r13
        ud2
        .cfi_endproc
#if defined(__ELF__)
        .size   flarei_context_begin, . - flarei_context_begin
        .section .note.GNU-stack, "", @progbits
#endif
