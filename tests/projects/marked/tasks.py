from invoke import task


@task
def laws(context):
    context.run("pytest -m 'ucl1 or ucl3'")
