// When the run waits for a person (approval), say so and lead to the question.
import { dagRunPath, h, UI } from "../lib/react.js";
import { usePoll } from "../lib/http.js";
import { To } from "../lib/parts.js";

const { Alert } = UI;

export function Questions({ run }) {
  const path = `api/v2/dags/${encodeURIComponent(run.dag_id)}/dagRuns/${encodeURIComponent(run.dag_run_id)}/hitlDetails?response_received=false`;
  const { data } = usePoll(run.dag_run_id ? path : null, () => 5000);
  const open = data?.hitl_details ?? [];
  return open.map((question) => {
    const { task_id: task, map_index: index } = question.task_instance;
    const tail = `/tasks/${encodeURIComponent(task)}${index >= 0 ? `/mapped/${index}` : ""}/required_actions`;
    return h(
      Alert.Root,
      { key: task, status: "warning", mt: 4, "data-testid": "cutover-question" },
      h(Alert.Indicator),
      h(
        Alert.Content,
        null,
        h(Alert.Title, null, `Waiting for an answer: ${question.subject}`),
        h(
          Alert.Description,
          null,
          h(To, { to: dagRunPath(run.dag_id, run.dag_run_id, tail) }, "Read the question and answer it"),
        ),
      ),
    );
  });
}
