"""Look at a migration's flag, and help where its run cannot.

`show`: what holds, who is waited for, how many reads were compared. `instances`: every process that follows it.
`mismatches`: shadow reads whose answers differed; exit code 1 where there are any. `definitions`: flagd's document for
all flags of the store, see docs/flags.md.

For emergencies: `set MIGRATION MODE` moves the flag, one mode at a time, as a run does, and `excuse MIGRATION INSTANCE`
lets the run go on without an instance, for the version of now: you answer for it. Both ask, and keep your name.
"""

from __future__ import annotations

import argparse
import signal
import threading
from datetime import timedelta
from pathlib import Path

from cutover.cli import opened
from cutover.cli.answer import FINDINGS, OK, Answer, UsageError, table
from cutover.cli.connections import resolve
from cutover.flags import FlagStore, Instance, Mode, publishing
from cutover.flags.telling import plain, sentence
from cutover.spec.durations import parse_duration

NAME = "flags"
HELP = "look at a migration's flag; in an emergency, set it"


def arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("action", metavar="ACTION", choices=sorted(ACTIONS), help=", ".join(f"`{name}`" for name in ACTIONS))
    add("migration", metavar="MIGRATION", help="whose flag; its spec says where the store is")
    add("value", metavar="VALUE", nargs="?", help="set: the mode. excuse: the instance")
    add("--connection", metavar="ID", help="connection of the store; left out: as the migration's spec says")
    add("--read-new", metavar="PERCENT", type=float, help="set: reads from the new side; left out: as is, or 0")
    add("--shadow", metavar="PERCENT", type=float, help="set: reads that ask both sides; left out: as is, or 0")
    add("--hold", metavar="TIME", type=_time, help="set: for so long nothing is begun but reading (5s)")
    add("--note", help="set: why; kept with it")
    add("--after", metavar="ID", type=int, default=0, help="mismatches: those after this one")
    add("--limit", metavar="N", type=int, default=100, help="mismatches: at most N (100)")
    add("--file", metavar="PATH", type=Path, help="definitions: into this file, which is replaced as a whole")
    add("--follow", action="store_true", help="definitions: keep the file up to date, until Ctrl-C")
    opened.argument_yes(parser)


def run(arguments: argparse.Namespace) -> Answer:
    if bool(arguments.value) != (arguments.action in VALUES):
        wanted = VALUES.get(arguments.action)
        raise UsageError(
            f"{arguments.action} needs {wanted}." if wanted else f"{arguments.action} takes no {arguments.value!r}.",
            fix=f"python -m cutover flags {arguments.action} {arguments.migration} {(wanted or '').upper()}".rstrip(),
        )
    return ACTIONS[arguments.action](arguments, _store(arguments))


def _store(arguments: argparse.Namespace) -> FlagStore:
    if arguments.connection:
        return FlagStore(resolve(arguments.connection))
    spec = opened.spec(arguments.migration)
    arguments.migration = spec.name
    return FlagStore(resolve(spec.flags.store or spec.source))


def _show(arguments: argparse.Namespace, store: FlagStore) -> Answer:
    flag = store.get(arguments.migration)
    waiting, counts = store.waiting_for(flag.migration, flag.version), store.shadow(flag.migration)
    data = {"flag": plain(flag), "waiting_for": [one.instance for one in waiting], "shadow": [*map(plain, counts)]}
    lines = [sentence(flag), _waited(waiting)]
    lines += [f"{count.what}: {count.reads} reads compared, {count.mismatches} mismatches" for count in counts]
    return Answer(data, "\n".join(lines))


def _set(arguments: argparse.Namespace, store: FlagStore) -> Answer:
    before, mode = store.get(arguments.migration), Mode.of(arguments.value)
    stays = before.mode is mode
    read_new, shadow = arguments.read_new, arguments.shadow
    read_new = (before.read_new if stays else 0.0) if read_new is None else read_new
    shadow = (before.shadow if stays else 0.0) if shadow is None else shadow
    held = f", held for {arguments.hold.total_seconds():g} s" if arguments.hold else ""
    about = (
        f"{sentence(before)}\n  becomes {mode}: {read_new:g} % of reads by key from the new side, {shadow:g} % compared"
        f"{held}.\n  Applications follow at once; a run of the migration is not asked."
    )
    opened.ask(arguments, "flags set", about)
    more = {"by": opened.actor(), "note": arguments.note}
    flag = store.set(before, mode, read_new=read_new, shadow=shadow, hold=arguments.hold, **more)
    waiting = store.waiting_for(flag.migration, flag.version)
    data = {"flag": plain(flag), "waiting_for": [one.instance for one in waiting]}
    return Answer(data, f"{sentence(flag)}\n{_waited(waiting)}")


def _instances(arguments: argparse.Namespace, store: FlagStore) -> Answer:
    flag = store.get(arguments.migration)
    rows = [plain(one) | {"waited_for": one.keeps_waiting(flag.version)} for one in store.instances(flag.migration)]
    columns = ("instance", "application", "acknowledged", "alive", "waited_for", "excused", "excused_by", "seen_at")
    return Answer(rows, f"{sentence(flag)}\n{table(rows, columns, 'nobody follows it')}")


def _excuse(arguments: argparse.Namespace, store: FlagStore) -> Answer:
    flag = store.get(arguments.migration)
    about = (
        f"{arguments.value} of {sentence(flag)}\n  The run goes on as if it worked by this version; you answer for it."
    )
    opened.ask(arguments, "flags excuse", about)
    flag = store.excuse(arguments.migration, arguments.value, by=opened.actor())
    waiting = store.waiting_for(flag.migration, flag.version)
    data = {"flag": plain(flag), "waiting_for": [one.instance for one in waiting]}
    return Answer(data, f"{arguments.value} is excused for version {flag.version}.\n{_waited(waiting)}")


def _mismatches(arguments: argparse.Namespace, store: FlagStore) -> Answer:
    flag = store.get(arguments.migration)
    found = [plain(one) for one in store.mismatches(flag.migration, arguments.after, max(arguments.limit, 0))]
    counts = store.shadow(flag.migration)
    text = table(found, ("id", "what", "key", "old", "new", "instance", "version", "at"), "there are none")
    code = FINDINGS if any(count.mismatches for count in counts) else OK
    return Answer({"shadow": [*map(plain, counts)], "mismatches": found}, text, code)


def _definitions(arguments: argparse.Namespace, store: FlagStore) -> Answer:
    if arguments.follow and not arguments.file:
        raise UsageError("to follow, a file is needed.", fix="add --file PATH.")
    found = publishing.document(store)
    if not arguments.file:
        return Answer(found, publishing.text(found))
    publishing.write(arguments.file, found)
    if arguments.follow:
        _follow(store, arguments.file)
    return Answer({"file": str(arguments.file), "flags": [*found["flags"]]}, f"{arguments.file} is written.")


def _follow(store: FlagStore, file: Path) -> None:
    """Until Ctrl-C, as an event: an interrupt that comes while something is being cleaned up would be lost."""
    over = threading.Event()
    before = signal.signal(signal.SIGINT, lambda *_: over.set())
    try:
        publishing.follow(store, file, over)
    finally:
        signal.signal(signal.SIGINT, before)
    raise KeyboardInterrupt


ACTIONS = {
    "show": _show,
    "set": _set,
    "instances": _instances,
    "excuse": _excuse,
    "mismatches": _mismatches,
    "definitions": _definitions,
}
VALUES = {"set": "mode", "excuse": "instance"}


def _waited(waiting: list[Instance]) -> str:
    return f"waiting for: {', '.join(one.instance for one in waiting) or 'nobody'}"


def _time(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
