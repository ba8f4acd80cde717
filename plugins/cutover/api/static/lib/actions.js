// The buttons of a run: take it back, finalize it.
import { Fragment, h, UI, useState } from "./react.js";
import { TriggerDialog } from "./trigger.js";

const { Button } = UI;

const TEXTS = {
  roll_back: (run) => ({
    button: run.state === "rolling_back" ? "Roll back again…" : "Roll back…",
    title: `Roll back ${run.title}?`,
    verb: "Roll back",
    colour: "red",
    text:
      run.state === "rolling_back"
        ? "A rollback is under way, or was left half-way. Another one goes on from there; it does no harm."
        : run.swapped_at
          ? "The old side becomes live again. Every row that was written since the cutover is on it; the run ends when both sides are verified to agree."
          : "The old side is still live and stays so. The run is stopped, and everything that it has built is removed.",
  }),
  finalize: (run) => ({
    button: "Finalize…",
    title: `Finalize ${run.title}?`,
    verb: "Finalize",
    colour: "orange",
    text: "The rollback window is closed for good: the way back is dropped, and the old side is archived or dropped as the spec says.",
  }),
};

export function RunActions({ run, actions, size = "xs" }) {
  const [open, setOpen] = useState();
  const buttons = Object.keys(TEXTS)
    .filter((name) => actions?.[name])
    .map((name) => {
      const { button, colour } = TEXTS[name](run);
      const { allowed, dag_id: dagId } = actions[name];
      const title = allowed ? undefined : `You may not trigger the DAG ${dagId}.`;
      const look = { size, variant: "outline", colorPalette: colour };
      return h(Button, { key: name, ...look, disabled: !allowed, title, onClick: () => setOpen(name) }, button);
    });
  const { button, ...texts } = open ? TEXTS[open](run) : {};
  const dialog =
    open && actions[open]
      ? h(TriggerDialog, { action: actions[open], ...texts, onClose: () => setOpen(undefined) })
      : null;
  return h(Fragment, null, buttons, dialog);
}
