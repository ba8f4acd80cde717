// The page *Migrations*: everything that is planned, what goes on now, what has been.
import { h, RouterLink, UI, useSearchParams } from "./lib/react.js";
import { usePoll } from "./lib/http.js";
import { isLive } from "./lib/states.js";
import { FaultBox, To } from "./lib/parts.js";
import { Planned, Problems } from "./pages/planned.js";
import { Now, Recent } from "./pages/recent.js";
import { RunPage } from "./pages/run.js";

const { Box, Center, Heading, Spinner, Stack, Text } = UI;

const LIVE_MS = 3000;
const QUIET_MS = 15000;

function Home() {
  const runs = usePoll("cutover/runs?limit=50", (answer) => (answer?.runs.some(isLive) ? LIVE_MS : QUIET_MS));
  const specs = usePoll("cutover/specs", () => QUIET_MS);
  const fault = runs.fault ?? specs.fault;
  const stale = Boolean(runs.data && specs.data);
  return h(
    Box,
    { p: 4, overflowY: "auto", height: "100%", "data-testid": "cutover-home" },
    h(Heading, { size: "xl", as: "h1" }, "Migrations"),
    h(
      Text,
      { color: "fg.muted", fontSize: "sm", mb: 4 },
      "Each is a spec in include/migrations; each run can go back until it is finalized.",
    ),
    h(FaultBox, { fault, stale }),
    !stale && !fault ? h(Center, { py: 10 }, h(Spinner)) : null,
    h(
      Stack,
      { gap: 5 },
      runs.data ? h(Now, { runs: runs.data.runs }) : null,
      specs.data ? h(Problems, { problems: specs.data.problems }) : null,
      specs.data ? h(Planned, { specs: specs.data.specs }) : null,
      runs.data ? h(Recent, { runs: runs.data.runs }) : null,
    ),
  );
}

function Migrations() {
  const [query] = useSearchParams();
  const runId = query.get("run");
  if (!runId) {
    return h(Home);
  }
  return h(
    Box,
    { height: "100%", overflowY: "auto" },
    h(Box, { px: 4, pt: 3 }, h(To, { to: "/plugin/migrations", fontSize: "sm" }, "← All migrations")),
    h(RunPage, { key: runId, runId }),
  );
}

globalThis.Migrations = Migrations;
globalThis.AirflowPlugin = Migrations;
