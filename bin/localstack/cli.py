"""``bin/up`` and ``bin/down``."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys

from localstack.errors import StackError
from localstack.stack import Stack

EXPORTED = ("AIRFLOW", "CUTOVER", "GX_", "PYTHONPATH", "PATH")


def main(arguments: list[str] | None = None) -> int:
    """Run ``up`` or ``down``; return the exit code."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as Ctrl-C: what has been started is stopped again
    try:
        if options.command == "down":
            _down(Stack(), purge=options.purge)
        elif options.env:
            _print_env(Stack())
        else:
            _up(Stack(), port=options.port, airflow=options.airflow)
    except StackError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted: everything is stopped.", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bin", description="The local stack.")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", prog="bin/up", help="start it and leave it running")
    up.add_argument("--port", type=int, help="of Airflow's UI (default: 8080, or a free one)")
    up.add_argument("--no-airflow", dest="airflow", action="store_false", help="databases and services only")
    up.add_argument("--env", action="store_true", help='print its environment: eval "$(bin/up --env)"')
    down = commands.add_parser("down", prog="bin/down", help="stop it")
    down.add_argument("--purge", action="store_true", help="remove its databases, logs and secrets, too")
    return parser


def _up(stack: Stack, *, port: int | None, airflow: bool) -> None:
    print("Starting the local stack", flush=True)
    stack.up(port=port, airflow=airflow, say=lambda line: print(line, flush=True))
    if airflow:
        logins = stack.airflow.logins()
        print(f"\nAirflow   {stack.airflow.url}")
        for user, role in (("admin", "administrator"), ("olga", "operator"), ("victor", "viewer")):
            print(f"          {user:7} {logins[user]}   ({role})")
    print(f"Slack     {stack.slack.file}")
    print(f"State     {stack.folder}")
    print('\nIts environment for commands: eval "$(bin/up --env)"      Stop it: bin/down')


def _down(stack: Stack, *, purge: bool) -> None:
    print("Stopping the local stack")
    stack.down(purge=purge)


def _print_env(stack: Stack) -> None:
    for name, value in sorted(stack.env().items()):
        if name.startswith(EXPORTED):
            print(f"export {name}={shlex.quote(value)}")


if __name__ == "__main__":
    sys.exit(main())
