from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_bc.errors import ConfigurationError, GarbledAnswer, UnexpectedAnswer
from airflow_provider_bc.odata.metadata import Navigation, Property, did_you_mean, read_metadata

CSDL = b"""<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
<Schema Namespace="Microsoft.NAV" xmlns="http://docs.oasis-open.org/odata/ns/edm">
  <EnumType Name="customerType"><Member Name="Company" Value="0"/></EnumType>
  <EntityType Name="customer">
    <Key><PropertyRef Name="id"/></Key>
    <Property Name="id" Type="Edm.Guid" Nullable="false"/>
    <Property Name="type" Type="Microsoft.NAV.customerType"/>
    <Property Name="name" Type="Edm.String" MaxLength="100"/>
    <Property Name="balance" Type="Edm.Decimal" Scale="Variable"/>
    <NavigationProperty Name="currency" Type="Microsoft.NAV.currency"/>
    <NavigationProperty Name="lines" Type="Collection(Microsoft.NAV.line)"/>
  </EntityType>
  <EntityType Name="currency">
    <Key><PropertyRef Name="code"/><PropertyRef Name="id"/></Key>
  </EntityType>
  <EntityType Name="line"/>
  <Action Name="block" IsBound="true">
    <Parameter Name="bindingParameter" Type="Microsoft.NAV.customer"/>
    <Parameter Name="reason" Type="Edm.String"/>
  </Action>
  <Action Name="unbound"><Parameter Name="what" Type="Edm.String"/></Action>
  <Action Name="nothing" IsBound="true"/>
  <EntityContainer Name="NAV">
    <EntitySet Name="customers" EntityType="Microsoft.NAV.customer"/>
    <EntitySet Name="currencies" EntityType="Microsoft.NAV.currency"/>
    <EntitySet Name="orphans" EntityType="Microsoft.NAV.gone"/>
  </EntityContainer>
</Schema></edmx:DataServices></edmx:Edmx>"""


def test_an_entity_type_has_key_properties_and_navigation_in_the_order_of_the_document() -> None:
    customer = read_metadata(CSDL).entity_type_of("customers")

    assert customer.name == "customer"
    assert customer.key == ("id",)
    assert list(customer.properties.values()) == [
        Property("id", "Edm.Guid"),
        Property("type", "Microsoft.NAV.customerType", is_enum=True, members=("Company",)),
        Property("name", "Edm.String", max_length=100),
        Property("balance", "Edm.Decimal"),
    ]
    assert list(customer.navigation.values()) == [
        Navigation("currency", "currency", many=False),
        Navigation("lines", "line", many=True),
    ]


def test_bound_actions_have_the_names_of_their_parameters() -> None:
    types = read_metadata(CSDL).entity_types

    assert types["customer"].actions == {"block": ("reason",)}
    assert types["line"].actions == {}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("customers", "customer"),
        ("customers(5d115c9c-44e3-ea11-bb43-000d3a2feca1)/lines", "line"),
        ("customers(code='a/b)''(',id=1)/currency", "currency"),
    ],
)
def test_a_path_leads_to_a_type(path: str, name: str) -> None:
    assert read_metadata(CSDL).entity_type_at(path).name == name


def test_a_path_with_an_unknown_step_comes_with_the_nearest_names() -> None:
    with pytest.raises(ConfigurationError, match=r"'line' in customer. Did you mean lines\?"):
        read_metadata(CSDL).entity_type_at("customers(1)/line")


@pytest.mark.parametrize(
    ("name", "known", "remedy"),
    [
        ("Id", ["id"], "Did you mean id?"),
        ("number", ["numbers"], "Did you mean numbers?"),
        ("zzz", ["b", "a"], "There are a, b."),
        ("zzz", [], "There are none."),
    ],
)
def test_a_suggestion(name: str, known: list[str], remedy: str) -> None:
    assert did_you_mean(name, known) == remedy


def test_a_key_may_have_several_parts_or_none() -> None:
    types = read_metadata(CSDL).entity_types

    assert types["currency"].key == ("code", "id")
    assert types["line"].key == ()


def test_an_entity_set_whose_type_is_not_described_is_left_out() -> None:
    assert read_metadata(CSDL).entity_sets == {"customers": "customer", "currencies": "currency"}


@pytest.mark.parametrize(
    ("wanted", "remedy"),
    [
        ("customer", "Did you mean customers?"),
        ("zzz", "The service has no such name."),
    ],
)
def test_an_unknown_entity_set_comes_with_the_nearest_names(wanted: str, remedy: str) -> None:
    with pytest.raises(ConfigurationError, match=f"no entity set '{wanted}'") as caught:
        read_metadata(CSDL).entity_type_of(wanted)

    assert caught.value.remedy == remedy


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"{}",
        b"<html><body>Sign in<br></body></html>",
        b'<?xml version="1.0" encoding="unknown"?><a/>',
        b'<?xml version="1.0" encoding="gbk"?><a/>',
        CSDL[:-10],
    ],
)
def test_what_is_not_xml_may_be_asked_for_again(document: bytes) -> None:
    with pytest.raises(GarbledAnswer, match="not XML"):
        read_metadata(document)


@given(st.binary())
def test_any_bytes_are_refused_in_our_words(document: bytes) -> None:
    with pytest.raises(UnexpectedAnswer):
        read_metadata(document)


@pytest.mark.parametrize("document", [b"<a/>", CSDL.replace(b"EntitySet ", b"Singleton ")])
def test_xml_without_entity_sets_is_refused(document: bytes) -> None:
    with pytest.raises(UnexpectedAnswer, match="describes no entity sets") as caught:
        read_metadata(document)

    assert not isinstance(caught.value, GarbledAnswer)


def test_entities_of_xml_that_would_fill_the_memory_are_refused() -> None:
    entities = "".join(f'<!ENTITY e{depth} "{f"&e{depth - 1};" * 10}">' for depth in range(1, 12))
    bomb = f'<!DOCTYPE a [<!ENTITY e0 "{"x" * 100}">{entities}]><a>&e11;</a>'

    with pytest.raises(UnexpectedAnswer):
        read_metadata(bomb.encode())
