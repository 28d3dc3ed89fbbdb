"""`bundle` and its like: can anyone prove, later, what was measured?"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from noxtasks.cli.command import Command, add_settings, add_unused_python, add_unused_settings, project
from noxtasks.errors import ExitCode


def _add_bundle_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "milestones", metavar="M1|M2|M3", nargs="*", help="what to bundle for (default: the next that has no proof)"
    )
    parser.add_argument("--sign", metavar="KEY", type=Path, help="sign with this Ed25519 key; needs noxtasks[sign]")
    add_unused_python(parser)
    add_settings(parser)


def _bundle(arguments: argparse.Namespace) -> ExitCode:
    root, settings = project(arguments)

    from noxtasks import bundle

    return bundle.run(root, settings, names=arguments.milestones, key=arguments.sign, environment=os.environ)


BUNDLE = Command(
    name="bundle",
    title="Put all evidence into one archive that proves itself, with statements about a milestone.",
    add_options=_add_bundle_options,
    handle=_bundle,
)


def _add_verify_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help="an archive, or a document that was sealed")
    parser.add_argument("--key", metavar="PUB", type=Path, help="the public key (PEM) that has to have signed it")
    add_unused_python(parser)
    add_unused_settings(parser)


def _verify(arguments: argparse.Namespace) -> ExitCode:
    from noxtasks import bundle

    return bundle.verify(arguments.file, key=arguments.key)


VERIFY = Command(
    name="bundle verify",
    title="Tell whether an archive, or a sealed document, is what it was; needs no project.",
    add_options=_add_verify_options,
    handle=_verify,
)


def _add_seal_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help="a document with a line for its hash")
    add_unused_python(parser)
    add_unused_settings(parser)


def _seal(arguments: argparse.Namespace) -> ExitCode:
    from noxtasks.bundle import sealing

    return sealing.run(arguments.file)


SEAL = Command(
    name="bundle seal",
    title="Fill the integrity hash of a document in: SHA-256 of its text without the line of the hash.",
    add_options=_add_seal_options,
    handle=_seal,
)
