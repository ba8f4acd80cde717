// The tab *Migration* of a DAG run.
import { h, UI } from "./lib/react.js";
import { usePoll } from "./lib/http.js";
import { FaultBox } from "./lib/parts.js";
import { RunPage } from "./pages/run.js";

const { Box, Center, Spinner } = UI;

const WAITING_MS = 3000;
const FOUND_MS = 60000;

function Migration({ dagId, runId }) {
  const query = new URLSearchParams({ dag_id: dagId, dag_run_id: runId });
  const { data, fault } = usePoll(`cutover/run-of?${query}`, (answer) => (answer ? FOUND_MS : WAITING_MS));
  if (data) {
    return h(RunPage, { runId: data.run.run_id });
  }
  return h(Box, { p: 4 }, fault ? h(FaultBox, { fault }) : h(Center, { py: 10 }, h(Spinner)));
}

globalThis.Migration = Migration;
globalThis.AirflowPlugin = Migration;
