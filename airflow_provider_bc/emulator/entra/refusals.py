"""Refusals that a test plans: any AADSTS code, as Conditional Access or a bad day would have it.

https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

from __future__ import annotations

from dataclasses import dataclass, field

from airflow_provider_bc.emulator.entra.errors import EntraError


@dataclass(slots=True)
class Refusal:
    """One planned refusal.

    :param code: the AADSTS number.
    :param times: how often it is still given.
    :param grant: the `grant_type` it is for, or `authorize`; None for every token request.
    :param what: the value its text quotes.
    """

    code: int
    times: int = 1
    grant: str | None = None
    what: str = ""


@dataclass(slots=True)
class Refusals:
    """The planned refusals; the first that matches a request is given.

    :param planned: the plans.
    """

    planned: list[Refusal] = field(default_factory=list)

    def add(self, code: int, times: int = 1, grant: str | None = None, what: str = "") -> Refusal:
        """Plan a refusal.

        :param code: the AADSTS number, one of `aadsts.csv`.
        :param times: how often it is given.
        :param grant: the `grant_type` it is for, or `authorize`; None for every token request.
        :param what: the value its text quotes.
        :returns: the plan, whose `times` tells what is still to come.
        :raises ValueError: for a code that is not known.
        """
        try:
            EntraError(code)
        except KeyError:
            raise ValueError(f"AADSTS{code} is not known") from None
        refusal = Refusal(code, times, grant, what)
        self.planned.append(refusal)
        return refusal

    def clear(self) -> None:
        """Forget all planned refusals."""
        self.planned.clear()

    def meet(self, grant: str) -> None:
        """Give the refusal that is planned for a request, if there is one.

        :param grant: the `grant_type`, or `authorize`.
        :raises EntraError: the refusal.
        """
        for refusal in self.planned:
            meant = grant == refusal.grant or (refusal.grant is None and grant != "authorize")
            if meant and refusal.times > 0:
                refusal.times -= 1
                raise EntraError(refusal.code, refusal.what)
