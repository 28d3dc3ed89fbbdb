import nox


@nox.session
def usable(session):
    session.install("pytest")
    session.run("pytest", "-m", "usability")
