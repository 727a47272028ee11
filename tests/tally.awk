# Sums a ctest log into one line, "N passed, N failed": a test counts as many cases as its own such line says, and one
# if it has none. Also shows what tests say they skipped.
function finish() {
    if (!started)
        return
    if (!good && bad_cases == 0)
        bad_cases = 1
    if (good && good_cases == 0 && bad_cases == 0)
        good_cases = 1
    passed += good_cases
    failed += bad_cases
}
/^[0-9]+\/[0-9]+ Test: / { finish(); started = 1; good = 0; good_cases = 0; bad_cases = 0 }
/^[0-9]+ passed, [0-9]+ failed$/ { good_cases = $1; bad_cases = $3 }
/^skipped: .+ because / { print }
/^Test (Passed|Pass Reason)/ { good = 1 }
END {
    finish()
    printf "%d passed, %d failed\n", passed, failed
    exit failed > 0
}
