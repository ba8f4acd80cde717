// The fields of a DAG's trigger form, made from its parameters' JSON schemas.
import { h, UI } from "./react.js";

const { Field, Input, NativeSelect, Switch, Textarea } = UI;

const typesOf = (schema) => [schema?.type ?? []].flat();
const isNumber = (schema) => typesOf(schema).some((type) => type === "integer" || type === "number");

/** Whether a parameter can be asked for here; lists and objects keep their defaults. */
export const canAsk = (param) =>
  Boolean(param.schema?.enum) ||
  typesOf(param.schema).some((type) => ["string", "boolean", "integer", "number"].includes(type));

/** What a field holds, as the value that its schema wants. */
export function valueOf(param, held) {
  if (held === "" && typesOf(param.schema).includes("null")) {
    return null;
  }
  return isNumber(param.schema) && held !== null && held !== "" ? Number(held) : held;
}

function control(param, held, change) {
  const { schema } = param;
  const text = (event) => change(event.target.value);
  if (schema.enum) {
    const options = schema.enum.map((value) =>
      h(
        "option",
        { key: String(value), value: value ?? "" },
        schema.values_display?.[value ?? "None"] ?? String(value ?? "—"),
      ),
    );
    return h(
      NativeSelect.Root,
      { size: "sm" },
      h(NativeSelect.Field, { value: held ?? "", onChange: text }, options),
      h(NativeSelect.Indicator),
    );
  }
  if (typesOf(schema).includes("boolean")) {
    return h(
      Switch.Root,
      { checked: Boolean(held), colorPalette: "brand", onCheckedChange: (event) => change(event.checked) },
      h(Switch.HiddenInput),
      h(Switch.Control),
      h(Switch.Label, null, schema.title ?? param.name),
    );
  }
  if (schema.format === "multiline") {
    return h(Textarea, { size: "sm", rows: 2, value: held ?? "", onChange: text });
  }
  const kind = isNumber(schema)
    ? { type: "number", min: schema.minimum, max: schema.maximum, step: "any" }
    : { type: "text" };
  return h(Input, { size: "sm", ...kind, value: held ?? "", onChange: text });
}

export function ParamField({ param, held, onChange }) {
  const { schema } = param;
  const isSwitch = !schema.enum && typesOf(schema).includes("boolean");
  return h(
    Field.Root,
    null,
    isSwitch ? null : h(Field.Label, { fontSize: "sm" }, schema.title ?? param.name),
    control(param, held, onChange),
    param.description ? h(Field.HelperText, null, param.description) : null,
  );
}
