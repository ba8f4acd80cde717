// Pause, resume and speed of a run. The engine obeys from its next batch on.
import { h, UI, useState } from "../lib/react.js";
import { post } from "../lib/http.js";
import { moment, UNKNOWN } from "../lib/format.js";
import { FaultBox, Muted, Nothing, Section } from "../lib/parts.js";

const { Button, Field, HStack, Input, Stack } = UI;

const FIELDS = [
  { name: "batch_rows", label: "Rows per batch", planned: "batch_rows", min: 1, max: 1000000, step: 1 },
  { name: "pause_seconds", label: "Pause between batches, seconds", planned: "pause", min: 0, max: 3600, step: 0.1 },
  { name: "workers", label: "Workers", planned: "workers", min: 1, max: 32, step: 1 },
];

// The states in which something obeys; later there is nothing to pause.
const PACED = new Set(["preparing", "building", "filling", "catching_up"]);

const shown = (value) => (value === null || value === undefined ? "" : String(value));

export function Controls({ run, control, allowed, onChange }) {
  const [drafts, setDrafts] = useState({});
  const [fault, setFault] = useState();
  const [busy, setBusy] = useState(false);

  const put = async (changes) => {
    setBusy(true);
    setFault(undefined);
    try {
      await post(`cutover/runs/${encodeURIComponent(run.run_id)}/control`, changes);
      setDrafts({});
      onChange();
    } catch (error) {
      setFault(error);
    }
    setBusy(false);
  };

  const changed = FIELDS.filter(({ name }) => name in drafts && drafts[name] !== shown(control[name]));
  const apply = () =>
    put(Object.fromEntries(changed.map(({ name }) => [name, drafts[name] === "" ? null : Number(drafts[name])])));
  const why = allowed ? null : "You may look at this run, but not change it.";
  const aside = control.changed_by ? `set by ${control.changed_by}, ${moment(control.changed_at)}` : null;
  if (!PACED.has(run.state)) {
    return null;
  }
  return h(
    Section,
    { title: "Live control", aside },
    h(FaultBox, { fault }),
    h(
      Stack,
      { gap: 3 },
      h(
        Button,
        {
          size: "sm",
          variant: control.paused ? "solid" : "outline",
          colorPalette: control.paused ? "green" : "orange",
          disabled: !allowed || busy,
          onClick: () => put({ paused: !control.paused }),
        },
        control.paused ? "Resume" : "Pause",
      ),
      FIELDS.map(({ name, label, planned, ...limits }) =>
        h(
          Field.Root,
          { key: name, disabled: !allowed },
          h(
            HStack,
            { justify: "space-between", w: "100%" },
            h(Field.Label, { fontSize: "xs" }, label),
            h(Muted, null, `spec: ${shown(control.planned[planned]) || UNKNOWN}`),
          ),
          h(Input, {
            size: "xs",
            type: "number",
            ...limits,
            placeholder: "as in the spec",
            value: name in drafts ? drafts[name] : shown(control[name]),
            onChange: (event) => setDrafts({ ...drafts, [name]: event.target.value }),
          }),
        ),
      ),
      h(
        HStack,
        null,
        h(
          Button,
          { size: "xs", colorPalette: "brand", disabled: !allowed || busy || !changed.length, onClick: apply },
          "Apply",
        ),
        changed.length ? h(Button, { size: "xs", variant: "ghost", onClick: () => setDrafts({}) }, "Discard") : null,
      ),
      why
        ? h(Nothing, null, why)
        : h(Muted, null, "In force from the next batch on. An empty field means: as the spec says."),
    ),
  );
}
