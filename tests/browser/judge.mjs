// judge.mjs CHROMIUM HOME FOLDER NAME=ADDRESS...: what a browser makes of examples that speak TLS at these addresses of
// localhost. It trusts the authority in HOME's database. Pictures go to FOLDER.
//
// Prints `ok WHAT` or `FAILED WHAT: WHY` for each case.
import { Browser } from "../tools/browser.mjs";
import { resolved, sites } from "./sites.mjs";
import { wires } from "./wires.mjs";

const [chromium, home, folder, ...named] = process.argv.slice(2);
const at = Object.fromEntries(named.map((word) => word.split("=")));
const { rules, end } = await resolved(at);
const browser = new Browser(chromium, home, `--host-resolver-rules=${rules}`);

let failed = 0;
for (const [what, run] of Object.entries({ ...wires(browser, at, folder), ...sites(browser) })) {
    try {
        await run();
        console.log(`ok ${what}`);
    } catch (error) {
        failed++;
        console.log(`FAILED ${what}: ${error.message}`);
    }
}
await browser.end();
end();
process.exit(failed === 0 ? 0 : 1);
