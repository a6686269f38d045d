from __future__ import annotations

import pytest

from airflow_provider_bc.api.directory import find_company, unknown_environment
from airflow_provider_bc.api.routes import Company
from airflow_provider_bc.errors import ConfigurationError

CRONUS = Company("5d115c9c-44e3-ea11-bb43-000d3a2feca1", "CRONUS DE", "CRONUS Deutschland")
OTHER = Company("6d115c9c-44e3-ea11-bb43-000d3a2feca1", "My Company")
TWIN_A = Company("7d115c9c-44e3-ea11-bb43-000d3a2feca1", "TWIN A", "Twin")
TWIN_B = Company("8d115c9c-44e3-ea11-bb43-000d3a2feca1", "TWIN B", "twin")
ALL = [CRONUS, OTHER, TWIN_A, TWIN_B]


@pytest.mark.parametrize(
    "wanted", [CRONUS.id, CRONUS.id.upper(), "CRONUS DE", "cronus de", "Cronus Deutschland"]
)
def test_a_company_is_found_by_id_name_or_display_name_in_any_case(wanted: str) -> None:
    assert find_company(ALL, wanted) is CRONUS


def test_the_only_company_needs_no_name() -> None:
    assert find_company([OTHER], None) is OTHER


def test_a_name_goes_before_a_display_name() -> None:
    disguised = Company("id", "X", "CRONUS DE")

    assert find_company([disguised, CRONUS], "CRONUS DE") is CRONUS


def refused(companies: list[Company], wanted: str | None) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        find_company(companies, wanted)
    return caught.value


def test_several_companies_need_a_name_and_are_listed() -> None:
    error = refused(ALL, None)

    assert "there are 4: 'CRONUS DE', 'My Company', 'TWIN A', 'TWIN B'." in error.message
    assert "Fill in Company" in error.remedy


def test_a_display_name_of_two_companies_is_not_enough() -> None:
    error = refused(ALL, "TWIN")

    assert error.message == "2 companies are displayed as 'TWIN'."
    assert error.remedy == "Use the name instead: 'TWIN A', 'TWIN B'."


def test_a_misspelt_company_comes_with_the_nearest() -> None:
    assert refused(ALL, "cronos de").remedy == "Did you mean 'CRONUS DE'?"
    assert refused(ALL, "Cronus Deutschlnd").remedy == "Did you mean 'CRONUS Deutschland'?"


def test_a_company_that_resembles_none_is_refused_all_the_same() -> None:
    error = refused(ALL, "zzz")

    assert "There is no company 'zzz'; the app sees 'CRONUS DE'" in error.message
    assert error.remedy == "Correct the company."


def test_an_app_that_sees_no_company_needs_a_permission_set() -> None:
    assert "give the app a permission set" in refused([], "CRONUS").remedy


def test_a_long_list_is_cut() -> None:
    many = [Company(str(number), f"C{number:02d}") for number in range(12)]

    assert refused(many, None).message.endswith("'C08', 'C09' and 2 more.")
    assert refused(many[:10], None).message.endswith("'C08', 'C09'.")


@pytest.mark.parametrize(
    ("existing", "message", "remedy"),
    [
        (
            ["Production", "Sandbox"],
            "There is no environment 'Prodcution'; there are 'Production', 'Sandbox'.",
            "Did you mean 'Production'?",
        ),
        ([], "There is no environment 'Prodcution'.", "Correct the environment; the Business"),
    ],
)
def test_an_unknown_environment(existing: list[str], message: str, remedy: str) -> None:
    error = unknown_environment("Prodcution", existing)

    assert error.message == message
    assert error.remedy.startswith(remedy)
    assert (error.code, error.status) == ("NoEnvironment", 404)
