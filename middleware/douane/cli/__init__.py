# SPDX-License-Identifier: Apache-2.0
"""The command line: `douane serve`, `douane detect`, `douane log`, `douane policy`, `douane vault`; each command in a file of its own.

Exit codes: 0 done, 1 nothing found or the work failed, 2 wrong usage or configuration, 70 a fault of ours.
"""

import argparse
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from douane import __version__
from douane.cli import detect, log, policy, serve, vault
from douane.errors import BundleRejected, ConfigRejected, DouaneError, SourceUnreachable

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except DouaneError as cause:
        print(f"douane: {cause}", file=sys.stderr)
        return 2 if isinstance(cause, ConfigRejected | BundleRejected | SourceUnreachable) else 1
    except BrokenPipeError:
        sys.stderr.close()  # whoever read us has seen enough
        return 141  # as a shell tells of it: not 0, which may be a verdict
    except KeyboardInterrupt:
        return 130
    except Exception as cause:  # never exit code 1, which may be a verdict; and no traceback, which may quote what it was given
        place = traceback.extract_tb(cause.__traceback__)[-1]
        where = f"{Path(place.filename).name}:{place.lineno}"
        print(f"douane: a fault of ours ({type(cause).__name__} at {where}); please report it", file=sys.stderr)
        return 70


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="douane", description="Policy-as-code guardrails between applications and language models.")
    parser.add_argument("--version", action="version", version=f"douane {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (serve, detect, log, policy, vault):
        command.add(commands)
    return parser
