"""The command `mrm`: register, log, gate, verify. Exit 0 yes, 1 no, 2 refused or misused."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence

from mrm_client.client import Client
from mrm_client.refusals import Refused, Unreachable
from mrm_client.shapes import Answer

YES, NO, REFUSED = 0, 1, 2
UNAUTHORIZED = 401
SAID = {True: "holds", False: "FAILS", None: "not examined"}


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        with Client(options.url, options.token) as client:
            command: Callable[[Client, argparse.Namespace], int] = options.command
            return command(client, options)
    except Refused as refused:
        print(f"Refused ({refused.status}): {refused.detail}", file=sys.stderr)
        if refused.status == UNAUTHORIZED:
            print("  Make a token at /tokens/ of the server and put it into MRM_TOKEN.", file=sys.stderr)
        for line in (*refused.reasons, *(error.get("message", "") for error in refused.errors)):
            if line and line not in refused.detail:
                print(f"  - {line}", file=sys.stderr)
    except (Unreachable, ValueError, OSError) as fault:
        print(fault, file=sys.stderr)
    return REFUSED


def register(client: Client, options: argparse.Namespace) -> int:
    model = client.register_model(
        options.name, slug=options.slug, **_given(options, "owner", "purpose", "business_unit")
    )
    answers: list[Answer] = [model]
    lines = [f"{model.name} is registered as {model.slug}: {model.status.replace('_', ' ')}, tier {model.tier}."]
    if model.missing:
        lines.append(f"The policy still asks for: {', '.join(model.missing)}.")
    if options.version:
        version = client.register_version(
            model.slug,
            options.version,
            reference=options.reference,
            artifact=options.artifact,
            **_given(options, "code_ref", "origin"),
            **({"params": dict(options.param)} if options.param else {}),
            **({"metrics": dict(options.metric)} if options.metric else {}),
        )
        answers.append(version)
        lines.append(f"Version {version.number} is a {version.stage}.")
    return _tell(options, answers, lines)


def log(client: Client, options: argparse.Namespace) -> int:
    if options.outcomes:
        outcomes = client.send_outcomes(options.model, options.outcomes)
        lines = [f"{outcomes.rows} outcomes received; {outcomes.unknown_ids} of them of unknown predictions."]
        return _tell(options, [outcomes], lines)
    if options.number is None or options.rows is None:
        raise ValueError(
            "Say which version scored which file: mrm log MODEL NUMBER FILE. Or: mrm log MODEL --outcomes FILE."
        )
    batch = client.log(options.model, options.number, options.rows)
    first, last = (f"{moment:%Y-%m-%d %H:%M}" for moment in (batch.first_at, batch.last_at))
    return _tell(options, [batch], [f"{batch.rows} rows received, logged from {first} to {last} UTC."])


def gate(client: Client, options: argparse.Namespace) -> int:
    answer = client.gate(options.model, options.number, wait=options.wait)
    may = "may" if answer.allowed else "may not"
    under = f" under version {answer.policy_version} of the policy" if answer.policy_version else ""
    lines = [f"{options.model} version {options.number} {may} go into production{under}."]
    lines += [f"  - {blocker}" for blocker in answer.blockers]
    lines += [f"  excepted: {one}" for one in answer.waived] + [f"  warning: {one}" for one in answer.warnings]
    return _tell(options, [answer], lines, holds=answer.allowed)


def verify(client: Client, options: argparse.Namespace) -> int:
    answer = client.verify(options.report)
    lines = [f"{SAID[check.holds]:<13}{check.name}: {check.explanation}" for check in answer.checks]
    lines.append(f"The report {'holds' if answer.holds else 'does not hold'}. SHA-256 {answer.sha256}")
    return _tell(options, [answer], lines, holds=answer.holds)


def _tell(options: argparse.Namespace, answers: list[Answer], lines: list[str], *, holds: bool = True) -> int:
    print("\n".join(json.dumps(answer.raw) for answer in answers) if options.json else "\n".join(lines))
    return YES if holds else NO


def _given(options: argparse.Namespace, *names: str) -> dict[str, str]:
    return {name: value for name in names if (value := getattr(options, name))}


def _pair(text: str) -> tuple[str, object]:
    """`name=value`, the value a number, true, false or null where it reads as one."""
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text!r} is not name=value.")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mrm", description="Register models with an mrm server and ask its gate.")
    parser.add_argument("--url", default="", help="of the server; else the variable MRM_URL")
    parser.add_argument("--token", default="", help="else the variable MRM_TOKEN, which does not show in process lists")
    parser.add_argument("--json", action="store_true", help="print the server's answer as it came")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    one = commands.add_parser("register", help="register a model, and a version of it")
    one.add_argument("name", help="of the model")
    one.add_argument("--slug", default="", help="made from the name where it is left out")
    one.add_argument("--owner", help="e-mail address of who answers for it")
    one.add_argument("--purpose")
    one.add_argument("--business-unit")
    one.add_argument(
        "--version", metavar="FILE", help="JSON that describes the version: its schema and what else is known"
    )
    one.add_argument("--reference", metavar="FILE", help="rows to compare later rows with")
    one.add_argument("--artifact", metavar="FILE", help="ONNX, XGBoost, LightGBM or skops")
    one.add_argument("--code-ref", help="commit, tag or image of the code")
    one.add_argument(
        "--origin", help="what made this version, else a digest of all that is sent; the same again is the same version"
    )
    one.add_argument("--param", metavar="NAME=VALUE", type=_pair, action="append")
    one.add_argument("--metric", metavar="NAME=VALUE", type=_pair, action="append")
    one.set_defaults(command=register)

    two = commands.add_parser("log", help="send scored rows, or what became of them")
    two.add_argument("model")
    two.add_argument("number", type=int, nargs="?", help="of the version")
    two.add_argument("rows", nargs="?", metavar="FILE", help="Parquet, Arrow, CSV, NDJSON or JSON")
    two.add_argument("--outcomes", metavar="FILE")
    two.set_defaults(command=log)

    three = commands.add_parser("gate", help="ask whether a version may go into production")
    three.add_argument("model")
    three.add_argument("number", type=int, help="of the version")
    three.add_argument("--wait", type=float, default=0.0, metavar="SECONDS", help="ask again for so long until it may")
    three.set_defaults(command=gate)

    four = commands.add_parser("verify", help="ask the server whether a report holds")
    four.add_argument("report", metavar="FILE")
    four.set_defaults(command=verify)
    return parser


if __name__ == "__main__":
    sys.exit(main())
