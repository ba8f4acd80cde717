// Figures as people read them. What is not known is a dash, never a guess.
export const UNKNOWN = "—";

const known = (value) => value !== null && value !== undefined && Number.isFinite(value);
const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });

export const count = (value) => (known(value) ? whole.format(value) : UNKNOWN);

/** Units per second. */
export const rate = (value) => (known(value) ? `${value < 10 ? fine.format(value) : whole.format(value)}/s` : UNKNOWN);

/** Whole per cent, rounded down: 100 % is said only of what is done. */
export const percent = (done, total) =>
  known(total) && total > 0 ? Math.min(100, Math.floor((100 * done) / total)) : undefined;

export function duration(seconds) {
  if (!known(seconds)) {
    return UNKNOWN;
  }
  if (seconds < 1) {
    return `${Math.round(seconds * 1000)} ms`;
  }
  const s = Math.round(seconds);
  const [days, hours, minutes] = [Math.floor(s / 86400), Math.floor((s % 86400) / 3600), Math.floor((s % 3600) / 60)];
  if (days) {
    return `${days} d ${hours} h`;
  }
  if (hours) {
    return `${hours} h ${String(minutes).padStart(2, "0")} min`;
  }
  return minutes ? `${minutes} min ${String(s % 60).padStart(2, "0")} s` : `${s} s`;
}

export const bytes = (value) => {
  if (!known(value)) {
    return UNKNOWN;
  }
  const power = Math.min(4, Math.floor(Math.log2(Math.max(1, value)) / 10));
  return `${fine.format(value / 1024 ** power)} ${["B", "kB", "MB", "GB", "TB"][power]}`;
};

const day = new Intl.DateTimeFormat("en-GB", { day: "2-digit", month: "short", year: "numeric" });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** A moment by the browser's clock; the day is left out for today. */
export function moment(iso, { withDay } = {}) {
  if (!iso) {
    return UNKNOWN;
  }
  const at = new Date(iso);
  const today = at.toDateString() === new Date().toDateString();
  return today && !withDay ? clock.format(at) : `${day.format(at)} ${clock.format(at)}`;
}

export const secondsSince = (iso) => (iso ? Math.max(0, (Date.now() - new Date(iso).getTime()) / 1000) : undefined);

/** `cutting_over` as `Cutting over`. */
export const words = (text) => (text ? text.charAt(0).toUpperCase() + text.slice(1).replaceAll("_", " ") : UNKNOWN);
