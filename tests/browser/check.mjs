// check.mjs - what a case says that does not hold.
export function check(truth, what) {
    if (!truth)
        throw new Error(what);
}
