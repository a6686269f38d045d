"""What Business Central does after it has answered: jobs whose steps fall due by the clock.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/developer/devenv-task-scheduler
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_bc.emulator.agenda import Agenda


class Background:
    """The jobs of an environment.

    :param agenda: when things happen.
    :ivar seconds: how long each step of a job takes; 0 lets a job end before it is answered.
    :ivar failures: the error text by the kind of job that fails: `import`, `apply`, `deployment`,
        `job`.
    :ivar package_errors: the `numberOfErrors` that an applied configuration package is left with.
    """

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda
        self.seconds = 0.0
        self.failures: dict[str, str] = {}
        self.package_errors = 0

    def plan(self, *steps: Callable[[], None]) -> None:
        """Let steps happen, one after another, each `seconds` after the one before.

        :param steps: what happens.
        """
        if not self.seconds:
            for step in steps:
                step()
            return
        for number, step in enumerate(steps, 1):
            self._agenda.put(number * self.seconds, step)
