"""What do all artifacts say, on one page?

One self-contained file, `reports/index.html`, made of artifacts alone: what was altered or is about other code is said
to be so and not shown as a measurement. The verdict comes first, then each objective, then tests and modules.

- `model`       the page as values
- `reading`     the artifacts of a folder, and why some do not count
- `panels`      what each of them says of its objective
- `testing`     what all of them say of a test
- `sources`     and of a source file
- `gathering`   all of that as one page
- `page`        the page as HTML
- `refreshing`  the file, kept up to date
- `serving`     the page on this machine, kept up to date in a browser
"""
