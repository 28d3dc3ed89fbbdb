"""What was measured, kept so that anyone can check it later: artifacts, their digests, and the log of events.

A session gathers its `Provenance` once (`provenance.gather`, with `vcs.code` for the state of the code), writes each
artifact with `artifacts.write`, and tells of it with `events.append`:

    digest = artifacts.write(reports, "flake.report.json", result=..., timing=..., provenance=provenance)
    events.append(reports, event=EventType.FLAKE_REDUCTION_DELTA_EMITTED, artifacts=[digest], ...)

Another session reads it with `artifacts.read`, which gives nothing that was altered or does not fit its schema.
`artifacts.verify` and `events.verify` check a whole folder; so does plain `sha256sum -c SHA256SUMS`.

- `canonical`   values as bytes that are the same everywhere (RFC 8785)
- `schemas`     the shipped JSON Schemas; one file in `schemas/` per artifact
- `files`       whole files or none, under a lock per folder
- `sums`        the format of `SHA256SUMS`
- `artifacts`   write, read and verify
- `vcs`         which code it was
- `provenance`  where an artifact comes from
- `lines`       a file of lines that only grows
- `events`      the tamper-evident log
"""
