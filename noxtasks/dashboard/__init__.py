"""What do all artifacts say, on one page?

One self-contained file, `reports/index.html`, made of artifacts alone: what was altered or is about other code is said
to be so and not shown as a measurement. The verdict comes first, then each objective, then tests and modules.
"""
