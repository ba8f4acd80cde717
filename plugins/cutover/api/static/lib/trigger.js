// The dialog that triggers a DAG with a conf that the page fills in. Airflow 3.3's own form cannot be opened
// with values from a link, so this one asks for the DAG's parameters and posts to Airflow's public API: the
// user's own session, Airflow's own permissions, validation and audit log.
import { dagRunPath, h, RouterLink, UI, useEffect, useNavigate, useState } from "./react.js";
import { get, post, send } from "./http.js";
import { canAsk, ParamField, valueOf } from "./params.js";
import { FaultBox, Muted } from "./parts.js";

const { Alert, Button, CloseButton, Dialog, Field, HStack, Link, Portal, Spinner, Stack, Switch, Text, Textarea } = UI;

const dagUrl = (dagId, tail = "") => `api/v2/dags/${encodeURIComponent(dagId)}${tail}`;

function explain(fault, dagId) {
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
function useDag(action) {
  const [dag, setDag] = useState();
  const [fault, setFault] = useState();
  const [held, setHeld] = useState({});
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
  }, [action]);
  return { dag, fault, setFault, held, hold: (name, value) => setHeld((now) => ({ ...now, [name]: value })) };
}

function confOf(dag, held, fixed) {
  const asked = dag.params.filter((param) => canAsk(param) && !(param.name in fixed));
  const changed = asked.map((p) => [p.name, valueOf(p, held[p.name])]).filter(([name, value]) => {
    const usual = dag.params.find((p) => p.name === name).value ?? null;
    return JSON.stringify(value) !== JSON.stringify(usual);
  });
  return { ...Object.fromEntries(changed), ...fixed };
}

export function TriggerDialog({ action, title, text, verb, colour = "brand", onClose }) {
  const { dag, fault, setFault, held, hold } = useDag(action);
  const [note, setNote] = useState("");
  const [unpause, setUnpause] = useState(true);
  const [busy, setBusy] = useState(false);
  const navigate = useNavigate();

  const go = async () => {
    setBusy(true);
    setFault(undefined);
    try {
      if (dag.is_paused && unpause) {
        await send("PATCH", dagUrl(action.dag_id), { is_paused: false });
      }
      const body = { logical_date: null, conf: confOf(dag, held, action.conf), note: note || null };
      const run = await post(dagUrl(action.dag_id, "/dagRuns"), body);
      onClose();
      navigate(dagRunPath(action.dag_id, run.dag_run_id));
    } catch (error) {
      setFault(explain(error, action.dag_id));
      setBusy(false);
    }
  };

  const asked = dag?.params.filter((param) => canAsk(param) && !(param.name in action.conf)) ?? [];
  const fixed = Object.entries(action.conf).map(([name, value]) => h(Muted, { key: name }, `${name} = ${value}`));
  const form = h(
    Stack,
    { gap: 4 },
    dag?.is_paused
      ? h(
          Alert.Root,
          { status: "warning", size: "sm" },
          h(Alert.Indicator),
          h(
            Alert.Content,
            null,
            h(Alert.Title, null, `The DAG ${action.dag_id} is paused: a run would only be queued.`),
            h(
              Switch.Root,
              { checked: unpause, onCheckedChange: (event) => setUnpause(event.checked), size: "sm" },
              h(Switch.HiddenInput),
              h(Switch.Control),
              h(Switch.Label, null, "Unpause it"),
            ),
          ),
        )
      : null,
    asked.map((param) => h(ParamField, { key: param.name, param, held: held[param.name], onChange: (v) => hold(param.name, v) })),
    // A DAG that asks why by itself is not asked twice.
    asked.some((param) => ["reason", "note"].includes(param.name))
      ? null
      : h(
          Field.Root,
          null,
          h(Field.Label, { fontSize: "sm" }, "Note (why)"),
          h(Textarea, { size: "sm", rows: 2, value: note, onChange: (event) => setNote(event.target.value) }),
        ),
  );
  return h(
    Dialog.Root,
    { open: true, onOpenChange: (event) => !event.open && onClose(), size: "lg", scrollBehavior: "inside" },
    h(
      Portal,
      null,
      h(Dialog.Backdrop),
      h(
        Dialog.Positioner,
        null,
        h(
          Dialog.Content,
          null,
          h(Dialog.Header, null, h(Dialog.Title, null, title)),
          h(
            Dialog.Body,
            null,
            h(Text, { mb: 2, fontSize: "sm" }, text),
            h(HStack, { mb: 4, gap: 4 }, fixed),
            h(FaultBox, { fault }),
            dag ? form : fault ? null : h(Spinner),
          ),
          h(
            Dialog.Footer,
            null,
            h(Link, { asChild: true, fontSize: "sm", mr: "auto" }, h(RouterLink, { to: `/dags/${encodeURIComponent(action.dag_id)}` }, "Open the DAG")),
            h(Button, { variant: "outline", onClick: onClose }, "Cancel"),
            h(Button, { colorPalette: colour, disabled: !dag || busy, loading: busy, onClick: go }, verb),
          ),
          h(Dialog.CloseTrigger, { asChild: true }, h(CloseButton, { size: "sm" })),
        ),
      ),
    ),
  );
}
