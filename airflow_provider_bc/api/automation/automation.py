"""The Automation API as one vocabulary.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/itpro-introduction-to-automation-apis
"""

from __future__ import annotations

from airflow_provider_bc.api.automation.automation_route import AutomationRoute
from airflow_provider_bc.api.automation.companies import Companies
from airflow_provider_bc.api.automation.extensions import Extensions
from airflow_provider_bc.api.automation.features import Features
from airflow_provider_bc.api.automation.packages import Packages
from airflow_provider_bc.api.automation.users import Users
from airflow_provider_bc.api.entities import Entities


class Automation:
    """What the Automation API can be asked, each as a conversation that a driver performs.

    :param entities: finds and addresses what is written.
    :ivar companies: created, renamed, deleted.
    :ivar packages: configuration packages, imported and applied.
    :ivar extensions: installed, uninstalled, uploaded.
    :ivar users: and their permission sets.
    :ivar features: enabled and disabled.
    """

    def __init__(self, entities: Entities) -> None:
        route = AutomationRoute(entities)
        self.companies = Companies(route)
        self.packages = Packages(route)
        self.extensions = Extensions(route)
        self.users = Users(route)
        self.features = Features(route)
