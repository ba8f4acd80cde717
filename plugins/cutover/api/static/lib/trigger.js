// The dialog that triggers a DAG with a conf that the page fills in. Airflow 3.3's own form cannot be opened
// with values from a link, so this one asks for the DAG's parameters and posts to Airflow's public API: the
// user's own session, Airflow's own permissions, validation and audit log.
import { dagRunPath, h, RouterLink, UI, useNavigate, useState } from "./react.js";
import { askedOf, explain, trigger, useDag } from "./dag.js";
import { ParamField } from "./params.js";
import { FaultBox, Muted } from "./parts.js";

const { Alert, Box, Button, CloseButton, Dialog, Field, HStack, Link, Portal, Spinner, Stack, Switch, Text, Textarea } =
  UI;

const Unpause = ({ dagId, checked, onChange }) =>
  h(
    Alert.Root,
    { status: "warning", size: "sm" },
    h(Alert.Indicator),
    h(
      Alert.Content,
      null,
      h(Alert.Title, null, `The DAG ${dagId} is paused: a run would only be queued.`),
      h(
        Switch.Root,
        { checked, onCheckedChange: (event) => onChange(event.checked), size: "sm" },
        h(Switch.HiddenInput),
        h(Switch.Control),
        h(Switch.Label, null, "Unpause it"),
      ),
    ),
  );

/** The fields, those of a section folded away as in Airflow's own form. */
function Fields({ asked, held, hold }) {
  const field = (param) =>
    h(ParamField, { key: param.name, param, held: held[param.name], onChange: (value) => hold(param.name, value) });
  const sections = [...new Set(asked.map((param) => param.schema?.section).filter(Boolean))];
  return [
    ...asked.filter((param) => !param.schema?.section).map(field),
    ...sections.map((section) =>
      h(
        Box,
        { as: "details", key: section, borderTopWidth: "1px", pt: 2 },
        h(Box, { as: "summary", fontSize: "sm", fontWeight: "medium", cursor: "pointer" }, section),
        h(Stack, { gap: 4, pt: 3 }, asked.filter((param) => param.schema?.section === section).map(field)),
      ),
    ),
  ];
}

const Note = ({ note, onChange }) =>
  h(
    Field.Root,
    null,
    h(Field.Label, { fontSize: "sm" }, "Note (why)"),
    h(Textarea, { size: "sm", rows: 2, value: note, onChange: (event) => onChange(event.target.value) }),
  );

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
      const dagRunId = await trigger(dag, action, held, { note, unpause });
      onClose();
      navigate(dagRunPath(action.dag_id, dagRunId, "/plugin/migration"));
    } catch (error) {
      setFault(explain(error, action.dag_id));
      setBusy(false);
    }
  };

  const asked = askedOf(dag, action.conf);
  // A DAG that asks why by itself is not asked twice.
  const asksWhy = asked.some((param) => ["reason", "note"].includes(param.name));
  const body = [
    h(Text, { key: "text", mb: 2, fontSize: "sm" }, text),
    h(
      HStack,
      { key: "fixed", mb: 4, gap: 4 },
      Object.entries(action.conf).map(([name, value]) => h(Muted, { key: name }, `${name} = ${value}`)),
    ),
    h(FaultBox, { key: "fault", fault }),
    dag || fault ? null : h(Spinner, { key: "spinner" }),
    dag
      ? h(
          Stack,
          { key: "form", gap: 4 },
          dag.is_paused ? h(Unpause, { dagId: action.dag_id, checked: unpause, onChange: setUnpause }) : null,
          h(Fields, { asked, held, hold }),
          asksWhy ? null : h(Note, { note, onChange: setNote }),
        )
      : null,
  ];
  const aside = h(RouterLink, { to: `/dags/${encodeURIComponent(action.dag_id)}` }, "Open the DAG");
  const footer = [
    h(Link, { key: "dag", asChild: true, fontSize: "sm", mr: "auto" }, aside),
    h(Button, { key: "cancel", variant: "outline", onClick: onClose }, "Cancel"),
    h(Button, { key: "go", colorPalette: colour, disabled: !dag || busy, loading: busy, onClick: go }, verb),
  ];
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
          h(Dialog.Body, null, body),
          h(Dialog.Footer, null, footer),
          h(Dialog.CloseTrigger, { asChild: true }, h(CloseButton, { size: "sm" })),
        ),
      ),
    ),
  );
}
