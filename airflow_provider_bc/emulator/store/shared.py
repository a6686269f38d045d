"""Which tables all companies of an environment share.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/developer/properties/devenv-datapercompany-property
"""

from __future__ import annotations

AUTOMATION = "microsoft/automation/v2.0"
SHARED = tuple(
    (AUTOMATION, name)
    for name in (
        "accessControls",
        "aggregatePermissionSets",
        "expandedPermissionSets",
        "extensionDeploymentStatus",
        "extensions",
        "features",
        "permissionSets",
        "profiles",
        "scheduledJobs",
        "securityGroupMembers",
        "securityGroups",
        "userPermissionSets",
        "userPermissions",
        "users",
        "usersPermissions",
    )
)
"""Pairs of route and entity set; any other table is a company's own."""
