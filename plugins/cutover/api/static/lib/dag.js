// A DAG as its trigger form needs it: parameters, defaults, whether it is paused; and how to trigger it.
import { useEffect, useState } from "./react.js";
import { get, post, send } from "./http.js";
import { canAsk, valueOf } from "./params.js";

const dagUrl = (dagId, tail = "") => `api/v2/dags/${encodeURIComponent(dagId)}${tail}`;

export function explain(fault, dagId) {
  if (fault.status === 403) {
    fault.message = `You may not trigger the DAG ${dagId}.`;
    fault.fix = "Ask somebody who may, or an administrator for the permission.";
  } else if (fault.status === 404) {
    fault.message = `There is no DAG ${dagId}.`;
    fault.fix = "Check that it is in the dags folder, and the import errors on Airflow's home page.";
  }
  return fault;
}

/** The DAG's parameters, by name, and what each field holds: the conf's value, else the default. */
export function useDag(action) {
  const [dag, setDag] = useState();
  const [fault, setFault] = useState();
  const [held, setHeld] = useState({});
  // The page asks for its runs every few seconds: an equal action is the same one, or typing would be undone.
  const same = JSON.stringify(action);
  useEffect(() => {
    let alive = true;
    get(dagUrl(action.dag_id, "/details")).then(
      (details) => {
        if (!alive) return;
        const params = Object.entries(details.params ?? {}).map(([name, param]) => ({ name, ...param }));
        setHeld(Object.fromEntries(params.map((p) => [p.name, action.conf[p.name] ?? p.value ?? null])));
        setDag({ ...details, params });
      },
      (error) => alive && setFault(explain(error, action.dag_id)),
    );
    return () => {
      alive = false;
    };
  }, [same]);
  return { dag, fault, setFault, held, hold: (name, value) => setHeld((now) => ({ ...now, [name]: value })) };
}

/** What differs from the DAG's own defaults, and what the page has filled in. */
function confOf(dag, held, fixed) {
  const values = askedOf(dag, fixed).map((param) => [param, valueOf(param, held[param.name])]);
  const changed = values.filter(([param, value]) => JSON.stringify(value) !== JSON.stringify(param.value ?? null));
  return { ...Object.fromEntries(changed.map(([param, value]) => [param.name, value])), ...fixed };
}

/** The parameters that are asked for: those that the page has not filled in. */
export const askedOf = (dag, fixed) => dag?.params.filter((param) => canAsk(param) && !(param.name in fixed)) ?? [];

/** Trigger the DAG by Airflow's public API; returns the id of its run. */
export async function trigger(dag, action, held, { note, unpause }) {
  if (dag.is_paused && unpause) {
    await send("PATCH", dagUrl(action.dag_id), { is_paused: false });
  }
  const body = { logical_date: null, conf: confOf(dag, held, action.conf), note: note || null };
  return (await post(dagUrl(action.dag_id, "/dagRuns"), body)).dag_run_id;
}
