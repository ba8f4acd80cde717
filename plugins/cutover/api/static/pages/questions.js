// When the run waits for people, say so and lead to each question, in whichever DAG run it is asked.
import { dagRunPath, h, UI } from "../lib/react.js";
import { To } from "../lib/parts.js";

const { Alert } = UI;

const answerTail = ({ task_id: task, map_index: index }) =>
  `/tasks/${encodeURIComponent(task)}${index >= 0 ? `/mapped/${index}` : ""}/required_actions`;

export const Questions = ({ questions }) =>
  questions.map((question) =>
    h(
      Alert.Root,
      {
        key: `${question.dag_run_id}/${question.text}`,
        status: "warning",
        mt: 4,
        "data-testid": "cutover-question",
      },
      h(Alert.Indicator),
      h(
        Alert.Content,
        null,
        h(Alert.Title, null, `Waiting for an answer: ${question.text}`),
        question.task_id
          ? h(
              Alert.Description,
              null,
              h(
                To,
                { to: dagRunPath(question.dag_id, question.dag_run_id, answerTail(question)) },
                "Read the question and answer it",
              ),
            )
          : null,
      ),
    ),
  );
